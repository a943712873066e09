"""The user's side: workflows of one activity each, whose results say on which attempt the activity ended."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Coroutine
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from local_cluster.errors import ClusterError

Result = TypeVar("Result")

_QUEUE = "workflows"
_LONGEST = timedelta(minutes=10)
_HEARTBEAT = timedelta(seconds=15)
# The longest activities take a minute, and the slowest scaling that a test waits for another two.
_PATIENCE = 300
_SECONDS_TO_ASK = 30
# So many of the workflows that wait are described in a message.
_TOLD = 5


@workflow.defn(name="One")  # type: ignore[untyped-decorator,unused-ignore]
class One:
    """One activity on the queue of an endpoint."""

    @workflow.run  # type: ignore[untyped-decorator,unused-ignore]
    async def run(self, queue: str, seconds: float) -> Any:  # noqa: ANN401 - the activity's own answer
        """What the activity answers: the attempt on which it ended."""
        return await workflow.execute_activity(
            "work",
            seconds,
            task_queue=queue,
            start_to_close_timeout=_LONGEST,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1)),
        )


class Load:
    """Starts workflows and waits for them while it is entered; a thread of its own runs what is asynchronous."""

    def __init__(self, address: str, namespace: str = "default") -> None:
        self._address, self._namespace = address, namespace
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="load", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._client: Any = self._wait(Client.connect(self._address, namespace=self._namespace))
        self._worker = self._wait(self._start_worker())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self._stop_worker())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def start(
        self, name: str, queue: str, count: int, shortest: float, longest: float, seed: str | None = None
    ) -> list[Any]:
        """Start so many workflows whose activities take that long; always the same for one seed, or else one name."""
        chance = random.Random(seed or name)  # noqa: S311 - no secret
        seconds = [round(chance.uniform(shortest, longest), 1) for _ in range(count)]
        return self._wait(self._start(name, queue, seconds))

    def start_waiting(self, name: str, queue: str) -> None:
        """Start one workflow on a queue that no worker of workflows polls, so that it waits there."""
        self._wait(self._client.start_workflow("One", args=[queue, 1.0], id=f"{name}-waiting", task_queue=queue))

    def attempts(self, handles: list[Any], seconds: float = _PATIENCE) -> list[int]:
        """The attempt on which each activity ended, once all have.

        Raises:
            ClusterError: some have not ended in that time; it tells what Temporal knows of them.

        """
        return [int(attempt) for attempt in self.results(handles, seconds)]

    def results(self, handles: list[Any], seconds: float = _PATIENCE) -> list[Any]:
        """What each activity answered, once all have ended; raises like `attempts`."""
        return self._wait(self._results(handles, seconds), seconds + _SECONDS_TO_ASK)

    def end(self, handles: list[Any]) -> None:
        """End those of these workflows that have not ended yet."""
        self._wait(self._end(handles))

    def are_done(self, handles: list[Any]) -> bool:
        """Whether all of these workflows have ended."""
        return self._wait(self._ended(handles))

    async def _end(self, handles: list[Any]) -> None:
        for handle in handles:
            if (await handle.describe()).close_time is None:
                try:
                    await handle.terminate()
                except RPCError as error:
                    # It has ended by itself meanwhile.
                    if error.status is not RPCStatusCode.NOT_FOUND:
                        raise

    async def _ended(self, handles: list[Any]) -> bool:
        found = await asyncio.gather(*(handle.describe() for handle in handles))
        return all(each.close_time is not None for each in found)

    async def _start(self, name: str, queue: str, seconds: list[float]) -> list[Any]:
        starts = (
            self._client.start_workflow("One", args=[queue, each], id=f"{name}-{number}", task_queue=_QUEUE)
            for number, each in enumerate(seconds)
        )
        return list(await asyncio.gather(*starts))

    async def _results(self, handles: list[Any], seconds: float) -> list[Any]:
        waiting = {asyncio.ensure_future(handle.result()): handle for handle in handles}
        _, late = await asyncio.wait(waiting, timeout=seconds) if waiting else (set(), set())
        for each in late:
            each.cancel()
        if late:
            told = sorted(await asyncio.gather(*(self._state(waiting[each]) for each in list(late)[:_TOLD])))
            message = f"{len(late)} of {len(handles)} workflows have not ended within {seconds:g} s"
            raise ClusterError(f"{message}; look for their workers:\n  " + "\n  ".join(told))
        return [each.result() for each in waiting]

    async def _state(self, handle: Any) -> str:  # noqa: ANN401
        """One line of what Temporal says about a workflow that has not ended."""
        raw = (await handle.describe()).raw_description
        activities = [
            f"activity {each.activity_id} on attempt {each.attempt}, "
            + (f"last on {each.last_worker_identity}" if each.last_worker_identity else "which no worker has taken")
            for each in raw.pending_activities
        ]
        return f"{handle.id}: " + (", ".join(activities) or "no worker of workflows has taken it")

    async def _start_worker(self) -> Any:  # noqa: ANN401 - Temporal's library may be absent where types are checked
        worker = Worker(self._client, task_queue=_QUEUE, workflows=[One], workflow_runner=UnsandboxedWorkflowRunner())
        self._running = asyncio.create_task(worker.run())
        return worker

    async def _stop_worker(self) -> None:
        await self._worker.shutdown()
        await self._running

    def _wait(self, work: Coroutine[Any, Any, Result], seconds: float = 60) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)
