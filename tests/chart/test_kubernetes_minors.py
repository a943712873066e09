"""Fields that an older Kubernetes takes away without a word are refused for it, and accepted from their first minor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helm_nested.errors import RenderError

from .bundle import KEDA, configuration, merged, render
from .test_validations import advice

FIELDS: dict[str, tuple[int, dict[str, Any]]] = {
    "temporal.preStop.sleep": (30, {"temporal": {"preStop": {"sleep": {"seconds": 30}}}}),
    "temporal.podSecurityContext.appArmorProfile": (
        30,
        {"temporal": {"podSecurityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}},
    ),
    "serviceTemplate.securityContext.appArmorProfile": (
        30,
        {"serviceTemplate": {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}},
    ),
    "temporal.extraVolumeMounts[0].recursiveReadOnly": (
        31,
        {
            "temporal": {
                "extraVolumes": [{"name": "a", "emptyDir": {}}],
                "extraVolumeMounts": [
                    {"name": "a", "mountPath": "/a", "readOnly": True, "recursiveReadOnly": "IfPossible"}
                ],
            }
        },
    ),
    "temporal.podSecurityContext.supplementalGroupsPolicy": (
        33,
        {"temporal": {"podSecurityContext": {"supplementalGroupsPolicy": "Strict"}}},
    ),
    "temporal.podSecurityContext.seLinuxChangePolicy": (
        33,
        {"temporal": {"podSecurityContext": {"seLinuxChangePolicy": "Recursive"}}},
    ),
    "temporal.extraVolumes[0]": (35, {"temporal": {"extraVolumes": [{"name": "a", "image": {"reference": "a:1"}}]}}),
    "temporal.keda.behavior.scaleDown.tolerance": (
        35,
        merged(KEDA, {"temporal": {"keda": {"behavior": {"scaleDown": {"tolerance": "0.1"}}}}}),
    ),
    "temporal.keda.behavior.scaleUp.tolerance": (
        35,
        merged(KEDA, {"temporal": {"keda": {"behavior": {"scaleUp": {"tolerance": "0.1"}}}}}),
    ),
}


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_is_refused_below_its_first_minor(path: str) -> None:
    """The minor before refuses it by its path, with both minors and YAML that works there; the first one takes it."""
    minor, values = FIELDS[path]
    older = replace(configuration().release, kube_version=f"v1.{minor - 1}.9")
    with pytest.raises(RenderError) as refused:
        render(values, release=older)
    assert f"1. {path} needs Kubernetes 1.{minor}, and this one is v1.{minor - 1}.9, " in str(refused.value)
    assert render(merged(values, advice(str(refused.value))), release=older).templates
    first = replace(configuration().release, kube_version=f"v1.{minor}.0-eks-1a2b3c")
    assert render(values, release=first).templates
