"""What the chart accepts, Kubernetes accepts: each free value, made at random of what values.schema.json allows."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.errors import RenderError, ValuesError
from helm_nested.kubernetes import validation

from .bundle import CHART, ROOT, configuration, render
from .judged import faults, values_with
from .schema_instances import Instances

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
FOUND = validation.find_program(ROOT)
pytestmark = pytest.mark.skipif(
    FOUND is None and not validation.is_required(),
    reason="Kubernetes' own validation was not run: `make tools` builds it",
)
EACH = 60
# Where the chart refuses most, more are made, until so many were accepted; fewer than the least would say nothing.
ENOUGH = 30
MOST = 300
FEWEST = 12
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
    *(("temporal", "controlPlane", name) for name in ("image", "database", "resources", "nodeSelector", "tolerations")),
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


@pytest.mark.parametrize("field", FIELDS, ids=".".join)
def test_what_the_chart_accepts_kubernetes_accepts(field: tuple[str, ...], program: Path) -> None:
    """Whatever the schema and the validations let through, Kubernetes' own code takes in every object made of it."""
    instances = Instances(SCHEMA["definitions"], random.Random(".".join(field)))  # noqa: S311 - a sample
    # What an older release has not is refused for it; the program is this one.
    newest = replace(configuration().release, kube_version=f"v{validation.release(program)}")
    accepted = 0
    for number in range(MOST):
        if number >= EACH and accepted >= ENOUGH:
            break
        value = instances.of(rules(field))
        try:
            bundle = render(values_with(field, value), release=newest)
        except (RenderError, ValuesError):
            continue
        accepted += 1
        assert not faults(program, bundle), value
    assert accepted >= FEWEST
