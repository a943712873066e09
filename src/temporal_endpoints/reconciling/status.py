"""What is said of an endpoint: its status and conditions, from what is recorded and what is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from temporal_endpoints.observing.protection import PROTECTED
from temporal_endpoints.planning.actions import Plan
from temporal_endpoints.planning.documents import Document
from temporal_endpoints.planning.scaler import counts_builds
from temporal_endpoints.reconciling.chart import TEMPLATES
from temporal_endpoints.records.model import (
    CHANGED_BY_HAND,
    DELETE_IN_PROGRESS,
    READY,
    UPDATE_FAILED,
    UPDATE_IN_PROGRESS,
    Condition,
    ObjectKey,
    Snapshot,
    Workers,
)
from temporal_endpoints.records.seen import Report

APPLIED, AVAILABLE, SCALING = "Applied", "Available", "Scaling"
# What only a person can mend.
_FAILED = {"NameCollision", "ProgressDeadlineExceeded", "TemplateRefused", "Forbidden", "Invalid", "KindAbsent"}
_FAILED |= {"NotFound", "FailedCreate", "BadRequest", "ScalerTooOld"}
# What is worth knowing, and keeps no endpoint from being READY.
_ASIDE = {TEMPLATES, PROTECTED, CHANGED_BY_HAND}
# What is said of a scaler for which KEDA gives a status alone.
_SCALER_SAYS = {
    "True": ("ScalerReady", "KEDA scales the workers."),
    "False": ("ScalerNotReady", "KEDA cannot scale the workers and says no reason; its operator's log has one."),
    "Unknown": ("ScalerStarting", "KEDA has not looked at the ScaledObject yet."),
}
_TOO_OLD = (
    "KEDA counts what waits in the whole task queue, not what waits for this build, so each build gets workers for the "
    "work of all. Update KEDA to 2.20 or later."
)
_STARTING = {"ContainerCreating", "PodInitializing"}


def assess(
    snapshot: Snapshot,
    documents: Mapping[ObjectKey, Document],
    observed: Mapping[ObjectKey, Mapping[str, Any]],
    plan: Plan,
    *,
    refusal: Condition | None = None,
    templates: Condition | None = None,
    protection: Condition | None = None,
    version: Condition | None = None,
    by_hand: Condition | None = None,
) -> Report:
    """What is seen of an endpoint.

    READY means that the newest generation is applied, that no older pod is left, and that enough workers are there; at
    zero, that the scaler is ready to bring some. With versions older builds may still have pods, and the newest one
    takes the new work.

    Args:
        snapshot: the endpoint as it is recorded.
        documents: what the cluster is to hold.
        observed: what it holds, pods among it.
        plan: what was still to be done when last looked at.
        refusal: why something could not be done.
        templates: what is said of the chart's templates, if they are others by now or are not there.
        protection: whether busy workers are safe from scale-in, if that was looked at.
        version: whether the newest build takes the new work, if the endpoint has versions.
        by_hand: what somebody else has changed in Temporal, if anything.
    """
    endpoint = snapshot.endpoint
    conditions = [_applied(plan, refusal)]
    deployment = next((observed.get(key) for key in documents if key.kind == "Deployment"), None)
    scaler = next((key for key in documents if key.kind == "ScaledObject"), None)
    pods = [live for key, live in observed.items() if key.kind == "Pod"]
    least = endpoint.specification.min_workers
    workers = None
    if endpoint.deleted_at is None and deployment is not None:
        workers = _workers(deployment)
        conditions.append(_available(deployment, pods, least if scaler else max(least, 1)))
    if endpoint.deleted_at is None and scaler is not None:
        conditions.append(_scaling(observed.get(scaler)))
        conditions += [] if protection is None else [protection]
    if endpoint.deleted_at is None:
        conditions += [each for each in (version, by_hand) if each is not None]
    conditions += [] if templates is None else [templates]
    return Report(endpoint.generation, _status(snapshot, conditions, deployment is not None), conditions, workers)


def _status(snapshot: Snapshot, conditions: Iterable[Condition], exists: bool) -> str:
    if snapshot.endpoint.deleted_at is not None:
        return DELETE_IN_PROGRESS
    decisive = [each for each in conditions if each.type not in _ASIDE]
    if any(each.status == "False" and each.reason in _FAILED for each in decisive):
        return UPDATE_FAILED
    return READY if exists and all(each.status == "True" for each in decisive) else UPDATE_IN_PROGRESS


def _applied(plan: Plan, refusal: Condition | None) -> Condition:
    if refusal is not None:
        return refusal
    if plan.collisions:
        names = ", ".join(map(str, plan.collisions))
        message = f"{names} exists and belongs to somebody else. Remove it, or ask its owner to."
        return Condition(APPLIED, "False", "NameCollision", message)
    if plan.waiting:
        message = f"Waiting for {', '.join(map(str, plan.waiting))} to be gone."
        return Condition(APPLIED, "False", "Waiting", message)
    if plan.actions:
        return Condition(APPLIED, "False", "Applying", f"{len(plan.actions)} steps are left.")
    return Condition(APPLIED, "True", "Applied", "The cluster holds what the newest generation asks for.")


def _workers(deployment: Mapping[str, Any]) -> Workers:
    status = deployment.get("status") or {}
    return Workers(int(status.get("availableReplicas") or 0), int(status.get("unavailableReplicas") or 0))


def _available(deployment: Mapping[str, Any], pods: list[Mapping[str, Any]], needed: int) -> Condition:
    wanted = int((deployment.get("spec") or {}).get("replicas", 1))
    needed = min(needed, wanted)
    status = deployment.get("status") or {}
    available, updated = int(status.get("availableReplicas") or 0), int(status.get("updatedReplicas") or 0)
    seen = int(status.get("observedGeneration") or 0) >= int(deployment["metadata"].get("generation") or 0)
    if seen and available >= needed and updated >= int(status.get("replicas") or 0) and updated >= needed:
        return Condition(AVAILABLE, "True", "WorkersAvailable", f"At least {needed} workers run.")
    for reason, message in (*_deployment_troubles(deployment), *_pod_troubles(pods)):
        return Condition(AVAILABLE, "False", reason, message)
    message = f"{available} of {wanted} workers run, {updated} of them of the newest generation."
    return Condition(AVAILABLE, "False", "WorkersStarting", message)


def _deployment_troubles(deployment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for each in (deployment.get("status") or {}).get("conditions") or ():
        failed = each["type"] == "ReplicaFailure" and each["status"] == "True"
        late = each["type"] == "Progressing" and each["status"] == "False"
        if failed or late:
            yield (
                str(each.get("reason") or each["type"]),
                str(each.get("message") or "The Deployment says no more of it."),
            )


def _pod_troubles(pods: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for pod in pods:
        status = pod.get("status") or {}
        name = pod["metadata"]["name"]
        for each in status.get("containerStatuses") or ():
            waiting = (each.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") and waiting["reason"] not in _STARTING:
                yield str(waiting["reason"]), f"Pod {name}: {waiting.get('message') or waiting['reason']}"
        for each in status.get("conditions") or ():
            if each["type"] == "PodScheduled" and each["status"] == "False":
                yield (
                    str(each.get("reason") or "Unschedulable"),
                    f"Pod {name}: {each.get('message') or 'no node takes it'}",
                )


def _scaling(scaler: Mapping[str, Any] | None) -> Condition:
    if not counts_builds(scaler or {}):
        return Condition(SCALING, "False", "ScalerTooOld", _TOO_OLD)
    conditions = ((scaler or {}).get("status") or {}).get("conditions") or ()
    ready = next((each for each in conditions if each["type"] == "Ready"), None)
    if ready is None:
        return Condition(SCALING, "Unknown", "ScalerStarting", "KEDA has said nothing of the ScaledObject yet.")
    status = str(ready["status"])
    reason, message = _SCALER_SAYS.get(status, _SCALER_SAYS["Unknown"])
    return Condition(SCALING, status, str(ready.get("reason") or reason), str(ready.get("message") or message))
