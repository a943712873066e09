"""Watches the activities of a worker, and sends heartbeats for those that ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar, overload

import temporalio.exceptions
from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

Function = TypeVar("Function", bound=Callable[..., Any])

_MARK = "__temporal_endpoints_worker_heartbeat__"
# A heartbeat also brings the news that an activity was cancelled, so it is of use without a timeout too.
_WITHOUT_TIMEOUT = 10.0
_BEATS_IN_A_TIMEOUT = 3


@overload
def heartbeating(function: Function) -> Function: ...
@overload
def heartbeating(*, every: timedelta) -> Callable[[Function], Function]: ...
def heartbeating(
    function: Function | None = None, *, every: timedelta | None = None
) -> Function | Callable[[Function], Function]:
    """Have heartbeats sent while the activity runs, also one that blocks its thread.

    By default three within its heartbeat timeout. They say that the process is alive, not that the activity gets on:
    `start_to_close_timeout` bounds that. Details that the activity itself reported stay the latest ones.
    """

    def mark(marked: Function) -> Function:
        setattr(marked, _MARK, every.total_seconds() if every else 0.0)
        return marked

    return mark if function is None else mark(function)


class Watch(Interceptor):  # type: ignore[misc,unused-ignore]
    """Counts what a worker runs; `begun` is set by its first activity.

    Attributes:
        running: activities at this moment.
        cut: activities that were cancelled because the worker had to stop.
    """

    def __init__(self) -> None:
        self.running = self.cut = 0
        self.begun = asyncio.Event()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Stand before every activity, as Temporal's library asks for it."""
        return _Inbound(next, self)


class _Inbound(ActivityInboundInterceptor):  # type: ignore[misc,unused-ignore]
    """One activity; Temporal's library makes one of these for each."""

    def __init__(self, following: ActivityInboundInterceptor, watch: Watch) -> None:
        super().__init__(following)
        self._watch = watch

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self._reports = _Reports(outbound)
        super().init(self._reports)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        self._watch.begun.set()
        self._watch.running += 1
        seconds = getattr(input.fn, _MARK, None)
        beats = None if seconds is None else asyncio.create_task(self._beat(seconds))
        try:
            return await super().execute_activity(input)
        except (asyncio.CancelledError, temporalio.exceptions.CancelledError):
            details = activity.cancellation_details()
            self._watch.cut += bool(details and details.worker_shutdown)
            raise
        finally:
            self._watch.running -= 1
            if beats:
                beats.cancel()
                with suppress(asyncio.CancelledError):
                    await beats

    async def _beat(self, seconds: float) -> None:
        timeout = activity.info().heartbeat_timeout
        pause = seconds or (timeout.total_seconds() / _BEATS_IN_A_TIMEOUT if timeout else _WITHOUT_TIMEOUT)
        while True:
            self._reports.repeat()
            await asyncio.sleep(pause)


class _Reports(ActivityOutboundInterceptor):  # type: ignore[misc,unused-ignore]
    """Remembers the details of the latest heartbeat, because one without details would delete them."""

    def __init__(self, following: ActivityOutboundInterceptor) -> None:
        super().__init__(following)
        self._details: Sequence[Any] | None = None

    def heartbeat(self, *details: Any) -> None:  # noqa: ANN401
        self._details = details
        super().heartbeat(*details)

    def repeat(self) -> None:
        """Send the latest details again: those of the attempt before, until this one has its own."""
        if self._details is None:
            self._details = activity.info().heartbeat_details
        super().heartbeat(*self._details)
