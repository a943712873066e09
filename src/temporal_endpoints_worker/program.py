"""One worker from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from temporal_endpoints_worker.activities import Watch
from temporal_endpoints_worker.connection import connect, connection_of
from temporal_endpoints_worker.contents import Contents, require_no_import
from temporal_endpoints_worker.errors import ServerError, SettingsError, WorkerError, cause
from temporal_endpoints_worker.readiness import Readiness
from temporal_endpoints_worker.settings import GRACE, METRICS_PORT, Settings
from temporal_endpoints_worker.shell import shell_warning

_LOG = logging.getLogger("temporal_endpoints_worker")
# The exit status if activities had to be cancelled because the grace period was over.
CUT_SHORT = 3
_SIGNALLED = 128
_LOOK_SECONDS = 0.5
# A thread of Temporal's library that still holds Python's lock when the interpreter ends brings the process down.
_SECONDS_FOR_THREADS = 0.3
_MAY_NOT = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)


def run_worker(
    activities: Sequence[Callable[..., Any]] = (), workflows: Sequence[type] = (), **options: object
) -> None:
    """Work until SIGTERM or Ctrl-C, then let activities end within the grace period; everything else is in variables.

    `options` go to Temporal's `Worker` and win over what the environment says. When it returns, nothing was cut short.

    Raises:
        SystemExit: 1, Temporal cannot be reached or refuses; 2, a variable, file or module is missing or wrong; 3,
            activities were cancelled because the grace period was over. What is wrong is on standard error.
    """
    require_no_import()
    status = work(lambda: Contents(list(activities), list(workflows)), os.environ, options)
    time.sleep(_SECONDS_FOR_THREADS)
    if status:
        raise SystemExit(status)


def work(contents: Callable[[], Contents], environment: Mapping[str, str], options: Mapping[str, object]) -> int:
    """As `run_worker`; the exit status."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings, connection = _settings(environment)
        for warning in Settings.warnings(environment):
            _LOG.warning(warning)
        return asyncio.run(_Program(settings, connection, contents(), options).run())
    except WorkerError as error:
        sys.stderr.write("".join(f"temporal_endpoints_worker: {line}\n" for line in str(error).splitlines()))
        return error.status


def _settings(environment: Mapping[str, str]) -> tuple[Settings, dict[str, Any]]:
    """Both, or all that is missing in either, so that nobody has to mend one after the other."""
    settings: Settings | None = None
    problems: list[str] = []
    try:
        settings = Settings.of(environment)
    except SettingsError as error:
        problems.append(str(error))
    try:
        connection = connection_of(environment)
    except SettingsError as error:
        problems.append(str(error))
    if settings is None or problems:
        raise SettingsError("\n".join(problems))
    return settings, connection


class _Program:
    """What one worker needs while it works."""

    def __init__(
        self,
        settings: Settings,
        connection: Mapping[str, Any],
        contents: Contents,
        options: Mapping[str, object],
    ) -> None:
        if not contents.activities and not contents.workflows:
            raise SettingsError("there is no activity to run. Give run_worker a list of functions with @activity.defn.")
        self._settings, self._connection, self._contents, self._options = settings, connection, contents, options
        self._watch = Watch()
        self._told = asyncio.Event()

    async def run(self) -> int:
        """Work until told to stop; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._tell, number)
        if warning := shell_warning():
            _LOG.warning(warning)
        if self._settings.grace is None:
            _LOG.warning("%s is not set, so activities are never cancelled, but killed in the end. Set it.", GRACE)
        told = asyncio.create_task(self._told.wait())
        with Readiness(self._settings.ready_port, self._settings.ready_file) as readiness:
            client = await _unless(told, connect(self._connection, self._settings.identity, self._runtime()))
            if client is None:
                return 0
            await self._poll(client, readiness, told)
        if self._watch.cut:
            _LOG.error("%d activities were cancelled because the grace period was over", self._watch.cut)
            return CUT_SHORT
        _LOG.info("stopped, and no activity was cut short")
        return 0

    def _tell(self, number: int) -> None:
        if self._told.is_set() and number == signal.SIGINT:
            os._exit(_SIGNALLED + number)
        self._told.set()

    async def _poll(self, client: Client, readiness: Readiness, told: asyncio.Task[Any]) -> None:
        worker = self._worker(client)
        running = asyncio.create_task(worker.run())
        ready = asyncio.create_task(self._say_ready(client, readiness))
        ready.add_done_callback(self._stop_if_failed)
        try:
            await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                readiness.unset()
                _LOG.info("told to stop: %d activities run, no more are taken", self._watch.running)
                await worker.shutdown()
            await running
        except RuntimeError as error:
            raise ServerError(
                f"the worker cannot go on: {cause(error)}. Check that the namespace {client.namespace} is there and "
                "that TEMPORAL_API_KEY or the certificate may use it."
            ) from error
        finally:
            ready.cancel()
            with suppress(asyncio.CancelledError):
                await ready

    def _stop_if_failed(self, task: asyncio.Task[None]) -> None:
        """A worker that cannot say that it is ready ends, and its error is raised then."""
        if not task.cancelled() and task.exception():
            self._told.set()

    def _runtime(self) -> Runtime:
        port = self._settings.metrics_port
        host = "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - a pod's own
        metrics = PrometheusConfig(bind_address=f"{host}:{port}") if port else None
        try:
            return Runtime(
                telemetry=TelemetryConfig(metrics=metrics), worker_heartbeat_interval=self._settings.heartbeat
            )
        except (RuntimeError, ValueError) as error:
            raise SettingsError(f"{METRICS_PORT}: port {port} cannot be used: {error}. Set another one.") from error

    def _worker(self, client: Client) -> Worker:
        settings, contents = self._settings, self._contents
        options: dict[str, Any] = {
            "task_queue": settings.task_queue,
            "activities": contents.activities,
            "workflows": contents.workflows,
            "max_concurrent_activities": settings.slots,
            "activity_executor": ThreadPoolExecutor(settings.slots, "activity"),
            "graceful_shutdown_timeout": settings.patience,
            # An activity that a workflow's own worker runs at once is never seen in the queue's backlog.
            "disable_eager_activity_execution": True,
        }
        if settings.version:
            version = WorkerDeploymentVersion(*settings.version)
            options["deployment_config"] = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
        options |= self._options
        options["interceptors"] = [self._watch, *options.get("interceptors", ())]
        try:
            return Worker(client, **options)
        except (TypeError, ValueError) as error:
            raise SettingsError(
                f"Temporal's library takes no such worker: {error}. Correct the activity, the workflow or the option."
            ) from error

    async def _say_ready(self, client: Client, readiness: Readiness) -> None:
        """Wait until the server has seen a poll of this worker."""
        begun = asyncio.create_task(self._watch.begun.wait())
        try:
            while not begun.done() and not await self._was_seen(client):
                await asyncio.wait({begun}, timeout=_LOOK_SECONDS)
        finally:
            begun.cancel()
        readiness.set()
        _LOG.info(
            "%s polls %s in %s at %s, %d activities at once",
            self._settings.identity,
            self._settings.task_queue,
            client.namespace,
            self._connection["target_host"],
            self._settings.slots,
        )

    async def _was_seen(self, client: Client) -> bool:
        kind = (
            TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
            if self._contents.activities
            else TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
        )
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=self._settings.task_queue), task_queue_type=kind
        )
        try:
            answer = await client.workflow_service.describe_task_queue(request)
        except RPCError as error:
            if error.status in _MAY_NOT:
                _LOG.info("the server does not say who polls (%s), so that this worker counts as ready", error.message)
            return error.status in _MAY_NOT
        return any(poller.identity == self._settings.identity for poller in answer.pollers)


async def _unless(told: asyncio.Task[Any], work: Coroutine[Any, Any, Client]) -> Client | None:
    """What the work leads to, or nothing if the worker was told to stop first."""
    task = asyncio.create_task(work)
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        return task.result()
    task.cancel()
    return None
