"""A process that waits for the one that works: an engine that crashes takes its process with it, and is still reported.

Helm's library and the validators are native code: out of memory, say, ends the whole process, past every `except`, and
while they work Python hears no signal. The one that waits ends the other in time, and removes what it left behind.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helm_nested.board import Board
from helm_nested.error_stream import ErrorStream

COULD_NOT_CHECK = 2
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# So long the process that works may clean up after a signal; a person notices a second.
_SECONDS_TO_END = 0.7
_LOOK_SECONDS = 0.1
# For the processes that the one that works starts afresh, which have no part in the board.
_LIMIT_VARIABLE = "HELM_NESTED_RENDER_SECONDS"

_board: Board | None = None


class Ended(KeyboardInterrupt):
    """Somebody asked for an end by a signal; like Ctrl-C, no `except Exception` keeps it from its way."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def watched(load: Callable[[], Callable[[], int]], tell: Callable[[str], None]) -> int:
    """Run what `load` imports in a process of its own, and return its exit status; if it crashes `tell` that, return 2.

    Where processes cannot be forked it is simply called. A signal during `load` ends the process: there is nothing to
    clean up yet, and native code that is being imported would report an exception as a fault of its own.
    """
    global _board  # the memory that the two processes share
    if not hasattr(os, "fork"):
        main = load()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return main()
    _board = Board()
    errors = ErrorStream()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    worker = os.fork()
    if worker == 0:
        end_with(parent)
        errors.divert()
        return _work(load(), _board)
    errors.listen()
    return _Waiting(worker, _board, errors).wait(tell)


@contextmanager
def working_on(what: str) -> Iterator[None]:
    """Say what this thread works on, should the process not survive it."""
    if _board is None:
        yield
        return
    _board.note(what)
    try:
        yield
    finally:
        _board.note("")


@contextmanager
def rendering() -> Iterator[None]:
    """End the process if what this thread does now, to render or to fill a template, takes longer than it may."""
    if _board is not None:
        _board.begin()
        try:
            yield
        finally:
            _board.end()
    elif _LIMIT_VARIABLE in os.environ:
        timer = threading.Timer(float(os.environ[_LIMIT_VARIABLE]), os._exit, [COULD_NOT_CHECK])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
    else:
        yield


def limit_renders(seconds: float) -> None:
    """Set how long one render, or one template that is filled, may take."""
    if _board is not None:
        _board.limit(seconds)
        os.environ[_LIMIT_VARIABLE] = str(seconds)


def remember(folder: Path) -> None:
    """Have the folder removed, should this process not survive its work."""
    if _board is not None:
        _board.remember(folder)


def forget(folder: Path) -> None:
    """The folder is gone, or must not be removed."""
    if _board is not None:
        _board.forget(folder)


def end_with(parent: int) -> None:
    """Let this process be ended when the one that waits for it, its parent, is; native code would hear nothing less."""
    if sys.platform == "linux":
        import ctypes  # in the process that works, where the engine needs it anyway

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _heeded() -> list[signal.Signals]:
    """The signals that ask for an end, without those that whoever started the command wants ignored, as nohup does."""
    asking = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    return [each for each in asking if signal.getsignal(each) is not signal.SIG_IGN]


def _work(main: Callable[[], int], board: Board) -> int:
    """Unwind at the first signal, so that everything is cleaned up; whatever comes after it would disturb that."""
    heeded = _heeded()

    def handle(action: Callable[[int, object], None] | signal.Handlers) -> None:
        for each in heeded:
            signal.signal(each, action)

    def end(number: int, _frame: object) -> None:
        handle(signal.SIG_IGN)
        raise Ended(number)

    handle(end)
    try:
        return main()
    except Ended as ended:
        return ended.status
    finally:
        handle(signal.SIG_DFL)
        board.finish()


class _Waiting:
    """The process that waits: it passes signals on, and sees to the end of the one that works."""

    def __init__(self, worker: int, board: Board, errors: ErrorStream) -> None:
        self._worker = worker
        self._board = board
        self._errors = errors
        self._signal = 0
        self._until = float("inf")

    def wait(self, tell: Callable[[str], None]) -> int:
        """The exit status, when the other process has ended."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        # A signal, among them that the other process has ended, ends a wait.
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for each in _heeded():
            signal.signal(each, self._pass_on)
        late = None
        heard = [reading, self._errors.reading]
        while (ended := os.waitpid(self._worker, os.WNOHANG))[0] == 0:
            if time.monotonic() > self._until:
                os.kill(self._worker, signal.SIGKILL)
            late = late or self._board.overdue()
            if late:
                os.kill(self._worker, signal.SIGKILL)
            ready = select.select(heard, [], [], _LOOK_SECONDS)[0]
            if reading in ready:
                os.read(reading, 1 << 10)
            if self._errors.reading in ready and not self._errors.print():
                heard.remove(self._errors.reading)
        if self._errors.reading in heard and self._errors.print():  # a process that it started holds it open
            self._errors.print_rest()
        for folder in self._board.folders():
            shutil.rmtree(folder, ignore_errors=True)
        return self._status(os.waitstatus_to_exitcode(ended[1]), late, tell)

    def _pass_on(self, number: int, _frame: object) -> None:
        # A key pressed reaches both processes; the other one does not mind to hear of it twice.
        if not self._signal:
            self._signal = number
            self._until = time.monotonic() + _SECONDS_TO_END
        with suppress(ProcessLookupError):
            os.kill(self._worker, number)

    def _status(self, code: int, late: tuple[str, float] | None, tell: Callable[[str], None]) -> int:
        if self._board.is_done and not (code < 0 and self._signal):
            return code if code >= 0 else 128 - code
        if self._signal:
            return 128 + self._signal
        if code in (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP):
            return 128 - code  # somebody asked for it
        tell(_too_long(*late) if late else _last_words(code, self._board))
        return COULD_NOT_CHECK


def _too_long(task: str, seconds: float) -> str:
    return (
        f"could not check this: {task} took more than {seconds:g} s. A template of the chart does too much work with "
        "it, or does not end. Correct the template, or allow more time with --render-seconds."
    )


def _last_words(code: int, board: Board) -> str:
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    tasks = board.tasks()
    at = f" while it worked on {', and on '.join(tasks)}" if tasks else ""
    return (
        f"could not check this: the process {how}{at}. "
        "The engine crashed, or memory ran out; its own words stand above. "
        "Render that with helm itself, and mend the template that asks for so much; else report it with this chart."
    )
