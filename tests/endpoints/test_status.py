"""What is said of an endpoint: READY only of the newest generation with its workers, else the reason why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from temporal_endpoints.planning.actions import Create, Plan
from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.reconciling.chart import Chart
from temporal_endpoints.reconciling.status import assess
from temporal_endpoints.records.model import Condition, ObjectKey, Snapshot
from temporal_endpoints.records.seen import Report

from .recorded import NAMESPACE
from .snapshots import FIXED, KEDA, WHEN, snapshot

RUNS = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}


def seen(
    status: dict[str, Any] | None = None,
    *,
    of: Snapshot | None = None,
    scaler: dict[str, Any] | None = None,
    pod: dict[str, Any] | None = None,
    replicas: int = 3,
    **more: Any,
) -> Report:
    """What is said when the Deployment's status, the scaler's and a pod's are these."""
    of = of or snapshot(FIXED)
    documents = documents_of(of.endpoint, of.texts)
    observed: dict[ObjectKey, Any] = {}
    for key in documents:
        metadata = {"name": key.name, "generation": 2}
        if key.kind == "Deployment":
            observed[key] = {"metadata": metadata, "spec": {"replicas": replicas}, "status": status or {}}
        elif key.kind == "ScaledObject":
            observed[key] = {**documents[key], "metadata": metadata, "status": scaler or {}}
    if pod is not None:
        observed[ObjectKey("v1", "Pod", NAMESPACE, "pod-1")] = {"metadata": {"name": "pod-1"}, "status": pod}
    return assess(of, documents, observed, more.pop("plan", Plan()), **more)


def reasons(report: Report) -> list[str]:
    """The reasons of all conditions."""
    return [each.reason for each in report.conditions]


def test_ready_is_said_when_the_newest_generation_runs() -> None:
    """Applied, observed by the Deployment's controller, and enough workers are there."""
    report = seen(RUNS)
    assert (report.status, reasons(report)) == ("READY", ["Applied", "WorkersAvailable"])
    assert report.workers is not None
    assert report.workers.available == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"observedGeneration": 1},
        {"updatedReplicas": 2},
        {"availableReplicas": 0},
        {"replicas": 4},
    ],
    ids=["not-observed", "older-pods", "nobody-runs", "one-more-of-before"],
)
def test_ready_is_not_said_of_an_older_generation(changes: dict[str, int]) -> None:
    """Nor while a pod of it is left."""
    assert seen({**RUNS, **changes}).status == "UPDATE_IN_PROGRESS"


def test_workers_that_are_slow_do_not_hide_those_that_run() -> None:
    """With scaling, MIN_WORKERS are enough."""
    ready = {"conditions": [{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": ""}]}
    report = seen({**RUNS, "availableReplicas": 1}, of=snapshot(KEDA, min_workers=1), scaler=ready)
    assert report.status == "READY"


@pytest.mark.parametrize("status", ["True", "False", "Unknown"])
def test_scaler_of_which_keda_says_a_status_alone_is_told_in_words(status: str) -> None:
    """A reason and a message, as an empty one helps nobody."""
    report = seen(RUNS, of=snapshot(KEDA), scaler={"conditions": [{"type": "Ready", "status": status}]})
    (scaling,) = (each for each in report.conditions if each.type == "Scaling")
    assert (scaling.status, scaling.reason.startswith("Scaler"), "KEDA" in scaling.message) == (status, True, True)


def test_endpoint_at_zero_is_ready_when_its_scaler_is() -> None:
    """Nobody runs, and nobody has to."""
    zero = {"observedGeneration": 2}
    ready = {"conditions": [{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": ""}]}
    of = snapshot(KEDA, min_workers=0)
    assert seen(zero, of=of, scaler=ready, replicas=0).status == "READY"
    assert reasons(seen(zero, of=of, replicas=0))[-1] == "ScalerStarting"
    broken = {"conditions": [{"type": "Ready", "status": "False", "reason": "ScaledObjectCheckFailed", "message": "m"}]}
    report = seen(zero, of=of, scaler=broken, replicas=0)
    assert (report.status, reasons(report)[-1]) == ("UPDATE_IN_PROGRESS", "ScaledObjectCheckFailed")


TROUBLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "image": (
        {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]},
        "ImagePullBackOff",
        "no such image",
    ),
    "crash": (
        {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
        "CrashLoopBackOff",
        "pod-1",
    ),
    "room": (
        {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}]},
        "Unschedulable",
        "no GPU",
    ),
    "starting": (
        {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]},
        "WorkersStarting",
        "0 of 3 workers",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_reason_is_the_pods(trouble: str) -> None:
    """What keeps a worker from running is said with Kubernetes' own words."""
    pod, reason, said = TROUBLES[trouble]
    condition = seen({"observedGeneration": 2, "replicas": 3}, pod=pod).conditions[-1]
    assert (condition.reason, said in condition.message) == (reason, True)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"}, "FailedCreate"),
        ({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}, "ProgressDeadlineExceeded"),
    ],
)
def test_what_only_a_person_can_mend_has_failed(condition: dict[str, str], reason: str) -> None:
    """A quota, or pods that have not come for too long."""
    report = seen({"observedGeneration": 2, "conditions": [condition]})
    assert (report.status, reasons(report)[-1]) == ("UPDATE_FAILED", reason)


def test_plan_that_is_left_is_said() -> None:
    """What waits, what collides, what was refused, what is still to be done."""
    key = ObjectKey("v1", "ConfigMap", NAMESPACE, "one")
    assert reasons(seen(RUNS, plan=Plan(waiting=[key])))[0] == "Waiting"
    assert reasons(seen(RUNS, plan=Plan([Create(key, {})])))[0] == "Applying"
    report = seen(RUNS, plan=Plan(collisions=[key]))
    assert (report.status, reasons(report)[0]) == ("UPDATE_FAILED", "NameCollision")
    report = seen(RUNS, refusal=Condition("Applied", "False", "ServerBusy", "later"))
    assert (report.status, reasons(report)[0]) == ("UPDATE_IN_PROGRESS", "ServerBusy")


@pytest.mark.parametrize(
    ("chart", "reason", "what_to_do"),
    [
        (Chart({**FIXED, "user-config.yaml": "{}"}), "TemplateOutdated", "a restart takes the new ones"),
        (Chart({"deployment-runnable-image-temporal-gpu.yaml": "{}"}), "TemplateMissing", "Install the chart"),
        (Chart(problem="no ConfigMap. Install it."), "TemplatesMissing", "a restart would be refused. no ConfigMap"),
    ],
)
def test_other_templates_change_no_status(chart: Chart, reason: str, what_to_do: str) -> None:
    """They are told beside it, and so is a template that is gone; workers go on."""
    report = seen(RUNS, templates=chart.condition(snapshot(FIXED).endpoint))
    assert (report.status, reasons(report)[-1]) == ("READY", reason)
    assert what_to_do in report.conditions[-1].message


def test_templates_that_are_the_charts_are_not_told() -> None:
    """No condition is no trouble."""
    endpoint = snapshot(FIXED).endpoint
    revision = replace(endpoint.revision, template_set=Chart(FIXED).digest)
    assert Chart(FIXED).condition(replace(endpoint, revision=revision)) is None


def test_deleted_endpoint_is_being_deleted() -> None:
    """Whatever else is seen."""
    of = snapshot(FIXED)
    assert seen(RUNS, of=replace(of, endpoint=replace(of.endpoint, deleted_at=WHEN))).status == "DELETE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("status", "told"), [("True", "READY"), ("False", "UPDATE_IN_PROGRESS"), ("Unknown", "UPDATE_IN_PROGRESS")]
)
def test_endpoint_with_versions_is_ready_when_its_newest_build_takes_the_new_work(status: str, told: str) -> None:
    """Its workers run before that, and get nothing to do."""
    version = Condition("BuildCurrent", status, "Any", "")
    report = seen(RUNS, version=version)
    assert (report.status, version in report.conditions) == (told, True)
    of = snapshot(FIXED)
    deleted = replace(of, endpoint=replace(of.endpoint, deleted_at=WHEN))
    assert version not in seen(RUNS, of=deleted, version=version).conditions


@pytest.mark.parametrize(("status", "reason"), [("True", "Observed"), ("False", "WorkersSilent")])
def test_protection_is_told_and_keeps_nobody_from_being_ready(status: str, reason: str) -> None:
    """Whether busy workers are safe from scale-in is worth knowing where something scales, and is no failure."""
    ready = {"conditions": [{"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": ""}]}
    protection = Condition("ScaleInProtected", status, reason, "")
    report = seen(RUNS, of=snapshot(KEDA), scaler=ready, protection=protection)
    assert (report.status, protection in report.conditions) == ("READY", True)
    assert protection not in seen(RUNS, protection=protection).conditions


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["s0-temporal-default-transcribe"], ("UPDATE_FAILED", "ScalerTooOld")),
        (["s1-metric-api-wanted", "s0-temporal-default-transcribe-other-bun_1"], ("UPDATE_FAILED", "ScalerTooOld")),
        (["s0-temporal-default-transcribe-end_00000000000000000001-bun_1"], ("READY", "ScaledObjectReady")),
        (["s1-metric-api-wanted"], ("READY", "ScaledObjectReady")),
        ([], ("READY", "ScaledObjectReady")),
    ],
)
def test_keda_that_counts_the_work_of_all_builds_is_told(names: list[str], told: tuple[str, str]) -> None:
    """KEDA before 2.20 ignores what it does not know; the names of its metrics show what it counts."""
    ready = {"type": "Ready", "status": "True", "reason": "ScaledObjectReady", "message": ""}
    of = snapshot(KEDA, versioning="current")
    scaler = {"conditions": [ready], "externalMetricNames": names}
    report = seen(RUNS, of=of, scaler=scaler, version=Condition("BuildCurrent", "True", "Current", ""))
    (scaling,) = (each for each in report.conditions if each.type == "Scaling")
    assert (report.status, scaling.reason) == told
    assert seen(RUNS, of=snapshot(KEDA), scaler=scaler).status == "READY"
