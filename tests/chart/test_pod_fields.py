"""Fields: a worker has those that another module here promises, and no others."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.errors import RenderError
from helm_nested.pytest_plugin import over

from .bundle import CHART, DEVICES, ROOT, render, render_file
from .worker import container, pod

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Document = Mapping[str, Any]

ALWAYS = {"affinity", "serviceAccountName", "priorityClassName", "containers", "volumes"}
# Each of them is there under the condition that its own module states.
POD = ALWAYS | {
    "automountServiceAccountToken",
    "imagePullSecrets",
    "nodeSelector",
    "runtimeClassName",
    "securityContext",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
}
ALWAYS_IN_CONTAINER = {"name", "image", "command", "env", "envFrom", "resources", "volumeMounts"}
CONTAINER = ALWAYS_IN_CONTAINER | {
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "securityContext",
    "startupProbe",
}


@over(kind="Deployment", stage="filled")
def test_deployment_has_no_other_field(document: Document) -> None:
    """A Deployment of apps/v1 has metadata and a spec, and in it what is promised and nothing besides."""
    assert document["apiVersion"] == "apps/v1"
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(document["spec"]) - {"replicas", "strategy"} == {"selector", "template"}
    assert set(document["spec"]["template"]) == {"metadata", "spec"}


@over(kind="Deployment", stage="filled")
def test_pod_has_no_other_field(document: Document) -> None:
    """A pod has one container and no field besides those promised, and none that is null."""
    fields = pod(document)
    assert len(fields["containers"]) == 1
    assert set(fields) >= ALWAYS
    assert set(fields) <= POD
    assert None not in fields.values()


@over(kind="Deployment", stage="filled")
def test_container_has_no_other_field(document: Document) -> None:
    """The container has no field besides those promised, and none that is null."""
    fields = container(document)
    assert set(fields) >= ALWAYS_IN_CONTAINER
    assert set(fields) <= CONTAINER
    assert None not in fields.values()


def test_null_everywhere_leaves_what_the_endpoint_says() -> None:
    """With null over every value there is nothing but what the endpoint asks for, not even an empty securityContext."""
    bundle = render_file(ROOT / "values" / "kubernetes-defaults.yaml")
    for device in DEVICES:
        optional = {"nodeSelector", "tolerations"} if device == "gpu" else set()
        assert set(bundle.pod(device)) == ALWAYS | optional
        assert set(bundle.container(device)) == ALWAYS_IN_CONTAINER


@pytest.mark.parametrize("key", ["scope", "resources", "nodeSelector", "tolerations", "runtimeClassName"])
def test_what_a_deployment_is_made_of_is_asked_for_by_name(key: str, tmp_path: Path) -> None:
    """Whoever includes the Deployment's define without one of its five parts is told which one, and where to look."""
    chart = tmp_path / "chart"
    shutil.copytree(CHART, chart)
    file = chart / "templates" / "service-templates" / "_deployment-runnable-image-temporal-cpu.yaml.tpl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if f'"{key}"' not in line), encoding="utf-8")
    with pytest.raises(RenderError, match=f'the key "{key}" is missing. See its calling convention[.]$'):
        render(chart=chart)
