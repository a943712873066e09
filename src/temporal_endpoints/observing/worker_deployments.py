"""Temporal's worker deployments: what it does with each build of an endpoint, and which of them takes the new work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import (
    DeleteWorkerDeploymentRequest,
    DeleteWorkerDeploymentVersionRequest,
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from temporal_endpoints.errors import TemporalSilentError
from temporal_endpoints.observing.rollout import Routed, Routes, Step, Version

# Asks Temporal: the method, the request and the namespace.
Ask = Callable[[str, object, str], Awaitable[Any]]

_ALL = 100
IDENTITY = "temporal-endpoints"
_ROUTED = {
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CREATED: Routed.ABSENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE: Routed.INACTIVE,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: Routed.CURRENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: Routed.RAMPING,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: Routed.DRAINING,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: Routed.DRAINED,
}
# Temporal does not answer at all, rather than that it answers no.
_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
}


async def version(ask: Ask, namespace: str, deployment: str, build: str, queue: str) -> Version:
    """What Temporal does with a build, and what waits for it in the queue.

    Raises:
        TemporalSilentError: the server gives no answer.
    """
    request = DescribeWorkerDeploymentVersionRequest(
        namespace=namespace,
        deployment_version=WorkerDeploymentVersion(deployment_name=deployment, build_id=build),
        report_task_queue_stats=True,
    )
    try:
        answer = await ask("describe_worker_deployment_version", request, namespace)
    except TemporalSilentError as error:
        if _status(error) == RPCStatusCode.NOT_FOUND:
            return Version(Routed.ABSENT)  # none of its workers has polled
        raise
    waiting = (
        each.stats.approximate_backlog_count
        for each in answer.version_task_queues
        if each.name == queue and each.type == TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    )
    known = answer.worker_deployment_version_info
    return Version(
        _ROUTED.get(known.status, Routed.DRAINING),
        sum(waiting),
        percent=known.ramp_percentage,
        since=known.routing_changed_time.ToNanoseconds() / 1e9,
        was_current=known.HasField("last_current_time"),
    )


async def routes(ask: Ask, namespace: str, deployment: str) -> Routes | None:
    """Where the new work of a deployment goes, and who decided it; None while none of its workers has polled.

    Raises:
        TemporalSilentError: the server gives no answer.
    """
    request = DescribeWorkerDeploymentRequest(namespace=namespace, deployment_name=deployment)
    try:
        known = (await ask("describe_worker_deployment", request, namespace)).worker_deployment_info
    except TemporalSilentError as error:
        if _status(error) == RPCStatusCode.NOT_FOUND:
            return None
        raise
    config = known.routing_config
    ramping, percent = config.ramping_deployment_version.build_id, config.ramping_version_percentage
    # Workers without versions, whose name is empty, can have a part as well.
    is_ramp = bool(ramping or percent)
    changed_by = known.last_modifier_identity
    return Routes(
        config.current_deployment_version.build_id,
        ramping if is_ramp else None,
        percent,
        None if changed_by in ("", IDENTITY) else changed_by,
    )


async def route(ask: Ask, namespace: str, deployment: str, step: Step) -> None:
    """Let a build take a part of the new work; all of it makes it the current one, and none ends its ramp.

    Raises:
        TemporalSilentError: the server does not.
    """
    if step.percent == _ALL:
        await _make_current(ask, namespace, deployment, step.build)
    else:
        await _ramp(ask, namespace, deployment, step.build if step.percent else "", step.percent)


async def _make_current(ask: Ask, namespace: str, deployment: str, build: str) -> None:
    """Without a name workers without versions take the new work."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=namespace, deployment_name=deployment, build_id=build, identity=IDENTITY
    )
    await ask("set_worker_deployment_current_version", request, namespace)


async def _ramp(ask: Ask, namespace: str, deployment: str, build: str, percent: int) -> None:
    """Without a name and a percentage there is no ramp."""
    request = SetWorkerDeploymentRampingVersionRequest(
        namespace=namespace, deployment_name=deployment, build_id=build, percentage=percent, identity=IDENTITY
    )
    await ask("set_worker_deployment_ramping_version", request, namespace)


async def leave(ask: Ask, namespace: str, deployment: str) -> str | None:
    """Let workers without versions take the queue's new work, and remove the deployment; what is left of it, and why.

    Raises:
        TemporalSilentError: the server is away.
    """
    try:
        return await _leave(ask, namespace, deployment)
    except TemporalSilentError as error:
        if _status(error) == RPCStatusCode.NOT_FOUND:
            return None
        if _status(error) in (None, *_AWAY):
            raise
        return str(error)


async def _leave(ask: Ask, namespace: str, deployment: str) -> str | None:
    asked = DescribeWorkerDeploymentRequest(namespace=namespace, deployment_name=deployment)
    known = (await ask("describe_worker_deployment", asked, namespace)).worker_deployment_info
    if known.routing_config.ramping_deployment_version.build_id or known.routing_config.ramping_version_percentage:
        await _ramp(ask, namespace, deployment, "", 0)
    if known.routing_config.current_deployment_version.build_id:
        await _make_current(ask, namespace, deployment, "")
    refusals = []
    for each in known.version_summaries:
        request = DeleteWorkerDeploymentVersionRequest(
            namespace=namespace, deployment_version=each.deployment_version, identity=IDENTITY
        )
        try:
            await ask("delete_worker_deployment_version", request, namespace)
        except TemporalSilentError as error:
            if _status(error) == RPCStatusCode.NOT_FOUND:
                continue
            # The others may go all the same: this one still has pollers, or work.
            if _status(error) != RPCStatusCode.FAILED_PRECONDITION:
                raise
            refusals.append(str(error.__cause__))
    if refusals:
        return f"New work goes to workers without versions. Temporal keeps what is left for now: {'; '.join(refusals)}."
    last = DeleteWorkerDeploymentRequest(namespace=namespace, deployment_name=deployment, identity=IDENTITY)
    await ask("delete_worker_deployment", last, namespace)
    return None


def _status(error: TemporalSilentError) -> RPCStatusCode | None:
    """How the server refused; None if it gave no answer."""
    return error.__cause__.status if isinstance(error.__cause__, RPCError) else None
