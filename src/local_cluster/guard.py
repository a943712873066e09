"""Ends all processes of a cluster, or of a run of tests, once the process that started them is gone, however it ended.

The guard is a process of its own. It reads from a pipe whose other end only the starter holds, so the pipe ends with
the starter, after kill -9 too. Every process of the cluster has a mark in its environment, which its children inherit.
This file needs nothing but Python's own library, because it runs as a script.
"""

from __future__ import annotations

import atexit
import functools
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

MARK = "LOCAL_CLUSTER_MARK"
_EMPTY_LOOKS = 3  # A process that is just being started has no mark yet for a moment.
_SECONDS = 20.0


class Guard:
    """Watches over the processes that have its mark, and over a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.mark = secrets.token_hex(8)
        # A guard outlives its starter, so it does not bear the mark by which another guard would end that one.
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        command = [sys.executable, "-I", __file__, self.mark, *([str(folder)] if folder else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, start_new_session=True)

    @property
    def environment(self) -> dict[str, str]:
        """What each process of the cluster must have in its environment."""
        return {MARK: self.mark}

    def end(self) -> None:
        """End what is left of the cluster, remove its folder, and wait until that is done."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


@functools.cache
def of_this_process() -> Guard:
    """The guard of what this process starts beside a cluster; it begins with the first that needs it."""
    guard = Guard()
    atexit.register(guard.end)
    return guard


def marked(mark: str) -> list[int]:
    """The living processes that have this mark in their environment."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            # It may end while it is looked at, or belong to somebody else.
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def end_marked(mark: str) -> None:
    """Kill every process that has this mark, and those that they start meanwhile."""
    end = time.monotonic() + _SECONDS
    empty = 0
    while empty < _EMPTY_LOOKS and time.monotonic() < end:
        living = marked(mark)
        empty = 0 if living else empty + 1
        for process in living:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.05)


def main(mark: str, folder: str | None = None) -> None:
    """Wait until the starter is gone, then clear up."""
    # Ctrl-C and a closed terminal are for the starter: it clears up in order, and its end is seen here.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    while sys.stdin.buffer.read(1):
        pass
    end_marked(mark)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
