"""Temporal's own API: which workers are there and what they run, and how much waits in a queue.

Its requests are made by Temporal's library for Python, whose connection is configured as that of workers: by variables
such as TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY, or by its file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    DescribeWorkerRequest,
    ListWorkersRequest,
)
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from temporal_endpoints.errors import SettingsError, TemporalSilentError, without_contents
from temporal_endpoints.observing import worker_deployments
from temporal_endpoints.observing.demand import names_of
from temporal_endpoints.observing.heartbeats import LONGEST_INTERVAL, HeardWorker
from temporal_endpoints.observing.rollout import Routes, Step, Version
from temporal_endpoints.observing.worker_deployments import IDENTITY

_LOG = logging.getLogger(__name__)
_REQUEST_SECONDS = 5.0
_PAGE = 1000
# So many requests at once do not hurt a frontend that serves workers.
_AT_ONCE = 16
_NAMESPACE = "default"


class Temporal:
    """One Temporal server; for one thread at a time.

    Args:
        service: what answers Temporal's requests, as its library has it.
        namespace: the namespace that the environment names.
    """

    def __init__(
        self,
        service: Any,  # noqa: ANN401 - generated code
        namespace: str = _NAMESPACE,
        runner: asyncio.Runner | None = None,
    ) -> None:
        self._service, self.namespace = service, namespace
        self._runner = runner or asyncio.Runner()

    @classmethod
    def configured(cls, address: str | None) -> Temporal | None:
        """The server at this address, else that of the environment; nothing if neither names one.

        It is not asked for anything yet.

        Raises:
            SettingsError: what the environment says of TLS or of a profile cannot be read.
        """
        try:
            connection: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
        except (OSError, RuntimeError, ValueError) as error:
            told = without_contents(str(error))
            raise SettingsError(
                f"the connection to Temporal that the environment describes cannot be read: {told}. "
                "Correct the variables TEMPORAL_*, or the file that they name."
            ) from None
        connection |= {"target_host": address} if address else {}
        if not connection.get("target_host"):
            return None
        runner = asyncio.Runner()
        client = runner.run(Client.connect(**{**connection, "lazy": True, "identity": IDENTITY}))
        return cls(client.workflow_service, client.namespace, runner)

    def has_heartbeats(self, namespace: str) -> bool:
        """Whether workers of this namespace tell what they run.

        Raises:
            TemporalSilentError: the server does not say.
        """
        answer = self._run(self._ask("describe_namespace", DescribeNamespaceRequest(namespace=namespace), namespace))
        return bool(answer.namespace_info.capabilities.worker_heartbeats)

    def workers(self, namespace: str, names: Collection[str]) -> Sequence[HeardWorker]:
        """The workers of a namespace with what they said last; those that are gone stay for some minutes.

        If the server tells no more than which workers there are, those of these host names are asked for one by one.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        workers: Sequence[HeardWorker] = self._run(self._workers(namespace, names))
        return workers

    def backlogs(self, namespace: str, queues: Iterable[str]) -> Mapping[str, int]:
        """How many activities wait in each queue; one that the server refuses to describe is left out.

        Raises:
            TemporalSilentError: the server describes none of them.
        """
        counts: Mapping[str, int] = self._run(self._backlogs(namespace, list(queues)))
        return counts

    def versions(self, namespace: str, deployment: str, builds: Collection[str], queue: str) -> Mapping[str, Version]:
        """What Temporal does with these builds of a worker deployment, and what waits for each in the queue.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        asked = sorted(builds)
        ask = self._ask
        found = self._run(_all(worker_deployments.version(ask, namespace, deployment, each, queue) for each in asked))
        return dict(zip(asked, found, strict=True))

    def routes(self, namespace: str, deployment: str) -> Routes | None:
        """Where the new work of a worker deployment goes, and who decided it; None while it has had no worker.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        found: Routes | None = self._run(worker_deployments.routes(self._ask, namespace, deployment))
        return found

    def route(self, namespace: str, deployment: str, step: Step) -> str | None:
        """Let a build take a part of the new work; why the server does not, if so."""
        try:
            self._run(worker_deployments.route(self._ask, namespace, deployment, step))
        except TemporalSilentError as error:
            return str(error)
        return None

    def leave(self, namespace: str, deployment: str) -> str | None:
        """Forget a worker deployment whose endpoint is deleted, as far as that is possible now; what is left, and why.

        The queue's new work goes to workers without versions from then on.

        Raises:
            TemporalSilentError: the server is away.
        """
        left: str | None = self._run(worker_deployments.leave(self._ask, namespace, deployment))
        return left

    def close(self) -> None:
        """Ask nothing more."""
        self._runner.close()

    def _run(self, asked: Any) -> Any:  # noqa: ANN401 - whatever was asked for
        return self._runner.run(asked)

    async def _workers(self, namespace: str, names: Collection[str]) -> Sequence[HeardWorker]:
        heard: list[HeardWorker] = []
        listed: list[Any] = []
        page = b""
        while True:
            request = ListWorkersRequest(namespace=namespace, page_size=_PAGE, next_page_token=page)
            answer = await self._ask("list_workers", request, namespace)
            heard += (heard_worker(each.worker_heartbeat) for each in answer.workers_info)
            listed += () if answer.workers_info else answer.workers
            page = answer.next_page_token
            if not page:
                break
        wanted = [
            each.worker_instance_key
            for each in listed
            if any(name in names for name in names_of(each.host_name, each.worker_identity))
        ]
        described = await _all(self._described(namespace, key) for key in wanted)
        return [*heard, *(worker for worker in described if worker is not None)]

    async def _described(self, namespace: str, key: str) -> HeardWorker | None:
        request = DescribeWorkerRequest(namespace=namespace, worker_instance_key=key)
        try:
            answer = await self._ask("describe_worker", request, namespace)
        except TemporalSilentError as error:
            if isinstance(error.__cause__, RPCError) and error.__cause__.status == RPCStatusCode.NOT_FOUND:
                return None  # it has just been forgotten
            raise
        return heard_worker(answer.worker_info.worker_heartbeat)

    async def _backlogs(self, namespace: str, queues: Sequence[str]) -> Mapping[str, int]:
        counts = await _all(self._backlog(namespace, queue) for queue in queues)
        described = {queue: count for queue, count in zip(queues, counts, strict=True) if isinstance(count, int)}
        # The queue of one endpoint, which its owner chose, must not hide all others.
        for queue, error in zip(queues, counts, strict=True):
            if isinstance(error, TemporalSilentError):
                if not described:
                    raise error
                _LOG.warning("the queue %s is not observed: %s", queue, error)
        return described

    async def _backlog(self, namespace: str, queue: str) -> int | TemporalSilentError:
        request = DescribeTaskQueueRequest(
            namespace=namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            report_stats=True,
        )
        try:
            answer = await self._ask("describe_task_queue", request, namespace)
        except TemporalSilentError as error:
            return error
        return int(answer.stats.approximate_backlog_count)

    async def _ask(self, method: str, request: object, namespace: str) -> Any:  # noqa: ANN401 - generated code
        try:
            return await getattr(self._service, method)(
                request, metadata={"temporal-namespace": namespace}, timeout=timedelta(seconds=_REQUEST_SECONDS)
            )
        except (RPCError, RuntimeError) as error:
            raise TemporalSilentError(
                f"Temporal did not answer {method} in the namespace {namespace}: {error}. "
                "Correct --temporal-address, or what the variables TEMPORAL_* say of TLS and the API key."
            ) from error


def heard_worker(heartbeat: Any) -> HeardWorker:  # noqa: ANN401 - generated code
    """What a heartbeat says, as far as it matters here."""
    elapsed = heartbeat.elapsed_since_last_heartbeat.ToNanoseconds() / 1e9
    return HeardWorker(
        key=heartbeat.worker_instance_key,
        host_name=heartbeat.host_info.host_name,
        identity=heartbeat.worker_identity,
        task_queue=heartbeat.task_queue,
        activities=heartbeat.activity_task_slots_info.current_used_slots,
        others=heartbeat.local_activity_slots_info.current_used_slots
        + heartbeat.nexus_task_slots_info.current_used_slots,
        sent_at=heartbeat.heartbeat_time.ToNanoseconds(),
        # The first one has none before it.
        interval=elapsed or LONGEST_INTERVAL,
    )


async def _all(asked: Iterable[Any]) -> list[Any]:
    """The answers in order; few are waited for at once."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Any) -> Any:  # noqa: ANN401 - whatever was asked for
        async with turn:
            return await question

    return list(await asyncio.gather(*(one(question) for question in asked)))
