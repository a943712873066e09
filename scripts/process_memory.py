"""The memory of a process and of all that it started, as Linux counts it: what several share counts once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_PROCESSES = Path("/proc")
_LOOK_SECONDS = 0.2


class PeakMemory:
    """The most megabytes that all of them had at the same time while the block ran; looked at five times a second."""

    def __init__(self, process: int) -> None:
        self.megabytes = 0.0
        self._process = process
        self._ended = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.megabytes = max(self.megabytes, sum(map(_kilobytes, _family(self._process))) / 1024)


def _family(process: int) -> Iterator[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for folder in _PROCESSES.iterdir():
        if folder.name.isdigit():
            try:
                status = Path(folder, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            # The name, in brackets, may hold anything; after it come the state and the parent.
            parent = int(status.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    waiting = [process]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += children.get(found, [])


def _kilobytes(process: int) -> int:
    try:
        lines = Path(_PROCESSES, str(process), "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0  # it has ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
