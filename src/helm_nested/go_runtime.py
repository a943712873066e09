"""How the runtime of Helm's library behaves in processes that are started, which is said in their environment."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Go collects garbage when what is alive has grown by so many percent, and reads that as the program starts, so no
# program can say it for itself. A render leaves much behind and keeps nothing: with Go's own 100 a third of the
# processor's time goes there, with 400 a tenth, for 20 MB more (22.6 and 13.9 ms a render of this repository's chart).
_NAME, _PERCENT = "GOGC", "400"


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Let processes that are started meanwhile collect garbage seldom, unless the user says how often."""
    if _NAME in os.environ:
        yield
        return
    os.environ[_NAME] = _PERCENT
    try:
        yield
    finally:
        del os.environ[_NAME]


def collect_rarely() -> None:
    """Start this program again so that it collects garbage seldom, unless it does already or the user says how often.

    That takes some 20 ms, before anything else is loaded: as much as three renders that it makes cheaper. Ctrl-C
    meanwhile waits until the program that was started again is here: Python would print where in its start it was.
    """
    if os.name != "posix" or not sys.executable:
        return
    if _NAME not in os.environ:
        os.environ[_NAME] = _PERCENT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the same program
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
