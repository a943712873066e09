"""What the chart accepts, Kubernetes accepts: each free value, made at random of what values.schema.json allows."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.errors import RenderError, ValuesError
from helm_nested.kubernetes import validation

from .bundle import CHART, KEDA, ROOT, Bundle, configuration, merged, render
from .schema_instances import Instances

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
FOUND = validation.find_program(ROOT)
pytestmark = pytest.mark.skipif(
    FOUND is None and not validation.is_required(),
    reason="Kubernetes' own validation was not run: `make tools` builds it",
)
EACH = 60
# Fewer would say nothing of what is accepted.
FEWEST = 12
# Everything is installed and scaled, and no Pod Security level refuses anything before Kubernetes could.
BASE = merged(
    KEDA,
    {"temporal": {"podSecurity": "privileged", "install": {"networkPolicy": True}, "metrics": {"port": 9000}}},
)
FIELDS = (
    ("nodeSelector",),
    ("gpuTolerations",),
    ("extraPodEnvFrom",),
    ("serviceTemplate", "securityContext"),
    *(
        ("temporal", name)
        for name in (
            "terminationGracePeriodSeconds", "preStop", "probes", "podSecurityContext", "nodeSelector", "tolerations",
            "affinity", "topologySpreadConstraints", "runtimeClassName", "gpu", "strategy", "imagePullSecrets",
            "podLabels", "podAnnotations", "extraVolumes", "extraVolumeMounts", "sharedMemory", "podDisruptionBudget",
            "networkPolicy",
        )
    ),
    ("temporal", "keda", "behavior"),
)  # fmt: skip


@pytest.fixture
def program() -> Path:
    """The program, which must be there where CI requires it."""
    assert FOUND is not None, f"{validation.REQUIRED} is set and the program is not there: run `make tools`"
    return FOUND


def rules(field: tuple[str, ...]) -> Any:
    """The schema of a field, by its keys."""
    found = SCHEMA
    for key in field:
        found = found["properties"][key]
    return found


def values_with(field: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Values where the field is that value; mounts get their volumes, as every mount needs one."""
    below = value
    for key in reversed(field):
        below = {key: below}
    values = merged(BASE, below)
    if field[-1] == "extraVolumeMounts":
        names = sorted({each["name"] for each in value})
        values = merged(values, {"temporal": {"extraVolumes": [{"name": name, "emptyDir": {}} for name in names]}})
    return values


def objects(bundle: Bundle) -> Iterator[Any]:
    """Every object that Kubernetes' own code knows, and the autoscaler that KEDA makes of a ScaledObject."""
    yield from bundle.objects
    yield bundle.deployment("gpu")
    yield bundle.deployment("cpu")
    yield from bundle.filled("pod-disruption-budget.yaml", "gpu-h100")
    behavior = bundle.scaled_object()["spec"]["advanced"].get("horizontalPodAutoscalerConfig", {})
    yield {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a", "namespace": "a"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
            "maxReplicas": 2,
            "metrics": [
                {
                    "type": "External",
                    "external": {"metric": {"name": "a"}, "target": {"type": "AverageValue", "averageValue": "1"}},
                }
            ],
            **behavior,
        },
    }


@pytest.mark.parametrize("field", FIELDS, ids=".".join)
def test_what_the_chart_accepts_kubernetes_accepts(field: tuple[str, ...], program: Path) -> None:
    """Whatever the schema and the validations let through, Kubernetes' own code takes in every object made of it."""
    instances = Instances(SCHEMA["definitions"], random.Random(".".join(field)))  # noqa: S311 - a sample
    # What an older release has not is refused for it; the program is this one.
    newest = replace(configuration().release, kube_version=f"v{validation.release(program)}")
    accepted = 0
    for _ in range(EACH):
        value = instances.of(rules(field))
        try:
            bundle = render(values_with(field, value), release=newest)
        except (RenderError, ValuesError):
            continue
        accepted += 1
        for document in objects(bundle):
            faults = validation.judged(program, document).faults
            assert not faults, (document["kind"], value, faults)
    assert accepted >= FEWEST
