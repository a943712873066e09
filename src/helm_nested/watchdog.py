"""A process that waits for the one that works: an engine that crashes takes its process with it, and is still reported.

Helm's library and the validators are native code: out of memory, say, ends the whole process, past every `except`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from mmap import mmap

COULD_NOT_CHECK = 2
# One byte that says whether the work came to its end, then one slot a thread: its length, and the text.
_SLOTS, _SLOT_BYTES, _LENGTH_BYTES = 8, 1024, 2
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_board: mmap | None = None
_numbers = count()
_own = threading.local()


def watched(main: Callable[[], int], tell: Callable[[str], None]) -> int:
    """Run `main` in a process of its own, and return its exit status; if it crashes `tell` that, and return 2.

    Where processes cannot be forked `main` is simply called.
    """
    global _board  # the memory that the two processes share
    if not hasattr(os, "fork"):
        return main()
    _board = mmap(-1, 1 + _SLOTS * _SLOT_BYTES)
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    worker = os.fork()
    if worker == 0:
        end_with(parent)
        try:
            return main()
        finally:
            _board[0] = 1
    return _wait_for(worker, _board, tell)


@contextmanager
def working_on(what: str) -> Iterator[None]:
    """Say what this thread works on, should the process not survive it."""
    if _board is None:
        yield
        return
    if not hasattr(_own, "slot"):
        _own.slot = 1 + next(_numbers) % _SLOTS * _SLOT_BYTES
    text = what.encode("utf-8")[: _SLOT_BYTES - _LENGTH_BYTES]
    start: int = _own.slot
    _board[start + _LENGTH_BYTES : start + _LENGTH_BYTES + len(text)] = text
    _board[start : start + _LENGTH_BYTES] = len(text).to_bytes(_LENGTH_BYTES, "little")
    try:
        yield
    finally:
        _board[start : start + _LENGTH_BYTES] = bytes(_LENGTH_BYTES)


def end_with(parent: int) -> None:
    """Let this process be ended when the one that waits for it, its parent, is."""
    if sys.platform == "linux":
        import ctypes  # in the process that works, where the engine needs it anyway

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)


def _wait_for(worker: int, board: mmap, tell: Callable[[str], None]) -> int:
    # A key pressed reaches both processes, and what to do is the worker's to say; a signal to this one is passed on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _frame: os.kill(worker, number))
    _, status = os.waitpid(worker, 0)
    code = os.waitstatus_to_exitcode(status)
    if board[0]:
        return code if code >= 0 else 128 - code
    if code in (-signal.SIGTERM, -signal.SIGHUP):
        return 128 - code  # somebody asked for it
    tell(_last_words(code, board))
    return COULD_NOT_CHECK


def _last_words(code: int, board: mmap) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    tasks = []
    for start in range(1, len(board), _SLOT_BYTES):
        length = int.from_bytes(board[start : start + _LENGTH_BYTES], "little")
        if length:
            tasks.append(board[start + _LENGTH_BYTES : start + _LENGTH_BYTES + length].decode("utf-8", "replace"))
    at = f" while it worked on {', and on '.join(tasks)}" if tasks else ""
    return (
        f"could not check this: the process {how}{at}. "
        "The engine crashed, or memory ran out; its own words stand above. "
        "Render that with helm itself, and mend the template that asks for so much; else report it with this chart."
    )
