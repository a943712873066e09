"""Work spread over processes, none of which outlives the one that wants it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from helm_nested.watchdog import end_with

Part = TypeVar("Part")
Answer = TypeVar("Answer")


def spread(
    work: Callable[[Part], Answer],
    parts: Sequence[Part],
    *,
    method: Literal["fork", "spawn"],
    at_once: int,
    start: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[Answer]:
    """What `work` answers for each part, in order; every process calls `start` with the arguments first.

    Raises:
        BrokenProcessPool: a process died.
    """
    pool = ProcessPoolExecutor(
        at_once,
        mp_context=multiprocessing.get_context(method),
        initializer=_begin,
        initargs=(os.getpid(), start, arguments),
    )
    try:
        with _unheard_by_children():
            answers = pool.map(work, parts)
        yield from answers
    except BaseException:
        # Nobody waits for what they are at.
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int, start: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a forked process has its parent's answer to it
    end_with(parent)
    if start is not None:
        start(*arguments)


@contextmanager
def _unheard_by_children() -> Iterator[None]:
    """Ctrl-C reaches the processes that are started meanwhile as well; it is answered by this one, once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
