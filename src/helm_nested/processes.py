"""Work spread over processes, none of which outlives the one that wants it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

from helm_nested.go_runtime import rarely_collecting
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
        with _unheard_by_children(), rarely_collecting():
            answers = pool.map(work, parts)
        yield from answers
    except BaseException:
        # Nobody waits for what they are at.
        for process in multiprocessing.active_children():
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_session(leader: int) -> None:
    """End all that is left of the session that a child began; the child itself has ended."""
    while left := list(_of_session(leader)):  # they may start others before they are ended
        for process in left:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _of_session(leader: int) -> Iterator[int]:
    """The living processes of the session, where the system lists processes in /proc."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name, which may hold anything: state, parent, group, session.
            state, _parent, _group, session = file.read_bytes().rpartition(b")")[2].split()[:4]
            if int(session) == leader and state not in (b"Z", b"X"):
                yield int(file.parent.name)


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
