"""The check `keda-scaled-object`: what KEDA refuses, in words that say what is written."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import Claims, DocumentSubject

CHECK = next(check for check in load_checks() if check.name == "keda-scaled-object")
QUEUE = {"type": "temporal"}


def found(**spec: Any) -> list[tuple[str, str]]:
    """Path and message of each problem of a ScaledObject with this specification."""
    document = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": spec}
    return [(problem.path, problem.message) for problem in CHECK.run(DocumentSubject(document, Claims()))]


@pytest.mark.parametrize(
    ("counts", "path", "message"),
    [
        ({"minReplicaCount": 6, "maxReplicaCount": 5}, "min", "minReplicaCount 6 is above maxReplicaCount 5"),
        ({"minReplicaCount": 101}, "min", "minReplicaCount 101 is above the default maxReplicaCount 100"),
        (
            {"minReplicaCount": 0, "maxReplicaCount": 0},
            "min",
            "minReplicaCount 0, which KEDA takes for 1, is above maxReplicaCount 0",
        ),
        ({"maxReplicaCount": -1}, "max", "the default minReplicaCount 0 is above maxReplicaCount -1"),
        ({"minReplicaCount": 2, "idleReplicaCount": 2}, "idle", "idleReplicaCount 2 must be below minReplicaCount 2."),
        (
            {"minReplicaCount": 0, "idleReplicaCount": 1},
            "idle",
            "idleReplicaCount 1 must be below minReplicaCount 0, which KEDA takes for 1.",
        ),
        ({"idleReplicaCount": 0}, "idle", "idleReplicaCount 0 must be below the default minReplicaCount 0."),
    ],
)
def test_counts_that_keda_refuses_are_told_as_they_are_written(counts: dict[str, int], path: str, message: str) -> None:
    """A count that KEDA takes for another one, or that is not written, is said to be that."""
    assert found(triggers=[QUEUE], **counts) == [(f"spec.{path}ReplicaCount", message)]


@pytest.mark.parametrize("counts", [{}, {"minReplicaCount": 0, "idleReplicaCount": 0}, {"maxReplicaCount": 0}])
def test_counts_that_keda_takes(counts: dict[str, int]) -> None:
    """Zero is as good as any other count where KEDA takes it."""
    assert found(triggers=[QUEUE], **counts) == []


def test_no_trigger_at_all() -> None:
    """KEDA refuses an empty list; that there is a list at all is its schema's part."""
    assert found(triggers=[]) == [("spec.triggers", "there is no trigger, so nothing would scale it")]
    assert found() == []
