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


CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}


@pytest.mark.parametrize(
    ("trigger", "path", "message"),
    [
        (QUEUE | {"metricType": "averageValue"}, ".metricType", "does not support the metric type averageValue"),
        (CPU | {"metadata": {"value": "0"}}, ".metadata.value", "the value must be above 0, this is 0"),
        (CPU | {"metadata": {"value": "-5"}}, ".metadata.value", "the value must be above 0, this is -5"),
        (CPU | {"metadata": {"valeu": "80"}}, ".metadata", "a trigger of type cpu needs a value"),
        (CPU | {"metadata": {}}, ".metadata", "a trigger of type cpu needs a value"),
        (
            CPU | {"metricType": "AverageValue", "metadata": {"value": "0m"}},
            ".metadata.value",
            "the value must be above 0, this is 0m",
        ),
    ],
)
def test_a_trigger_that_makes_no_autoscaler(trigger: dict[str, Any], path: str, message: str) -> None:
    """KEDA copies these into a HorizontalPodAutoscaler, which Kubernetes refuses; without a value it makes none."""
    ((found_path, found_message),) = found(minReplicaCount=1, triggers=[QUEUE, trigger])
    assert found_path == f"spec.triggers[1]{path}"
    assert message in found_message


@pytest.mark.parametrize("metric", ["", "Value", "AverageValue"])
def test_metric_types_of_a_queue(metric: str) -> None:
    """An empty text is as good as none."""
    assert found(triggers=[QUEUE | {"metricType": metric}]) == []


@pytest.mark.parametrize("target", ["0", "-1", "many", "1,5", " 1", ""])
def test_the_target_of_a_formula_is_a_number_above_zero(target: str) -> None:
    """KEDA refuses another one."""
    modifiers = {"formula": "queue + 1", "target": target}
    assert len(found(advanced={"scalingModifiers": modifiers}, triggers=[QUEUE | {"name": "queue"}])) == 1


@pytest.mark.parametrize("target", ["1", "0.5", ".5", "1e3", "+2.", "Inf", "0x1p-2"])
def test_targets_that_go_reads(target: str) -> None:
    """Whatever Go's ParseFloat takes for a number above zero."""
    modifiers = {"formula": "queue + 1", "target": target}
    assert found(advanced={"scalingModifiers": modifiers}, triggers=[QUEUE | {"name": "queue"}]) == []


@pytest.mark.parametrize(
    ("formula", "unknown"),
    [
        ("que + 1", ["que"]),
        ("queue + busy", ["busy"]),
        ("queue-a + 1", ["a"]),
        ("queue > 1 ? typo : 1", ["typo"]),
        ("Queue", ["Queue"]),
    ],
)
def test_a_name_in_a_formula_that_no_trigger_has(formula: str, unknown: list[str]) -> None:
    """KEDA refuses it; names of cpu and memory triggers are no names there."""
    modifiers = {"formula": formula, "target": "1"}
    told = found(advanced={"scalingModifiers": modifiers}, triggers=[QUEUE | {"name": "queue"}, CPU | {"name": "busy"}])
    assert [message.split("'")[1] for _, message in told] == unknown


@pytest.mark.parametrize(
    "formula",
    [
        "1 + 2",
        "queue ?? 0",
        "max(queue, 5) / 2",
        "let more = queue * 2; more > 10 ? more : queue",
        "queue > 1e3 and not (queue == 0) ? 1 : 0",
        "'text' in ['text', \"busy\"] ? queue : 0 // busy",
        "count([queue, 2], # > 1)",
        "sum([queue], {# * 2})",
        "0x1F + queue",
    ],
)
def test_formulas_that_expr_takes(formula: str) -> None:
    """Its functions and words, names that the formula gives itself, texts and comments name no trigger."""
    modifiers = {"formula": formula, "target": "1"}
    assert found(advanced={"scalingModifiers": modifiers}, triggers=[QUEUE | {"name": "queue"}]) == []


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"kind": "DaemonSet"}, "KEDA cannot scale a DaemonSet,"),
        ({"kind": "Job", "apiVersion": "batch/v1"}, "KEDA cannot scale a Job,"),
        ({"apiVersion": "v1"}, "KEDA cannot scale a Deployment of v1,"),
        ({"kind": "ReplicationController"}, "KEDA cannot scale a ReplicationController of apps/v1,"),
    ],
)
def test_a_target_that_has_no_replicas(target: dict[str, str], message: str) -> None:
    """Kubernetes has no scale subresource for it, so the ScaledObject never becomes ready."""
    ((path, told),) = found(scaleTargetRef={"name": "a", **target}, triggers=[QUEUE])
    assert path == "spec.scaleTargetRef"
    assert told.startswith(message)


@pytest.mark.parametrize(
    "target",
    [{}, {"kind": "StatefulSet"}, {"kind": "ReplicaSet"}, {"kind": "Rollout", "apiVersion": "argoproj.io/v1alpha1"}],
)
def test_targets_that_keda_scales(target: dict[str, str]) -> None:
    """Of what Kubernetes has apps/v1 is supposed; whether a custom resource can be scaled its definition says."""
    assert found(scaleTargetRef={"name": "a", **target}, triggers=[QUEUE]) == []


def test_the_triggers_of_a_scaled_job() -> None:
    """KEDA holds them to the same rules; replicas it has none."""
    document = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledJob",
        "metadata": {"name": "a"},
        "spec": {"maxReplicaCount": 0, "triggers": [QUEUE | {"name": "q"}, QUEUE | {"name": "q", "metricType": "x"}]},
    }
    problems = CHECK.run(DocumentSubject(document, Claims()))
    assert [problem.path for problem in problems] == ["spec.triggers[1].name", "spec.triggers[1].metricType"]
