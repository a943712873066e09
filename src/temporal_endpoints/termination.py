"""How SIGTERM and SIGHUP end the program: what is left to do is done."""

from __future__ import annotations

import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import NoReturn

# A process that a signal ended has this and the signal's number as its status in shells.
_OF_SHELLS = 128


def unwind_when_terminated() -> None:
    """Let SIGTERM raise SystemExit: uvicorn ends its requests, sends the signal again, and the process died of it.

    What follows it, above all to give up the lead, was not done, and the next process waited for the lead's time.
    A terminal that is closed sends SIGHUP, which ends it in the same way, but not under `nohup`.
    """
    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, _unwind)
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, _terminate)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_OF_SHELLS + number)
