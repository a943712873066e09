"""Memory that the process that works and the one that waits for it share: what is done, and what is left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from itertools import count
from mmap import mmap
from pathlib import Path

_SLOT_BYTES, _LENGTH_BYTES, _TIME_BYTES = 1024, 2, 8
_HEAD_BYTES = _LENGTH_BYTES + _TIME_BYTES
# A slot for each thread that works, for each process that it forks, and for each temporary folder.
_THREADS, _FORKED, _FOLDERS = 8, 8, 16
_TASKS = _THREADS + _FORKED
_DONE, _LIMIT, _SLOTS = 0, 1, 1 + _TIME_BYTES
_PER_SECOND = 1_000_000_000


class Board:
    """What one process writes and another reads, also when the first has died."""

    def __init__(self) -> None:
        self._memory = mmap(-1, _SLOTS + (_TASKS + _FOLDERS) * _SLOT_BYTES)
        self._numbers = count()
        self._own = threading.local()
        # The process that works, of which those that it forks have a copy.
        self._process = 0
        self._writing = threading.Lock()

    @property
    def is_done(self) -> bool:
        """Whether the work came to its end."""
        return bool(self._memory[_DONE])

    def finish(self) -> None:
        """Note that the work came to its end."""
        self._memory[_DONE] = 1

    def limit(self, seconds: float) -> None:
        """Note how long one render, or one template that is filled, may take."""
        self._write(_LIMIT, round(seconds * _PER_SECOND))

    def note(self, task: str) -> None:
        """Note what this thread works on; nothing if the text is empty."""
        self._put(self._slot(), task)

    def begin(self) -> None:
        """Note that this thread begins to render or to fill."""
        self._write(self._slot() + _LENGTH_BYTES, time.monotonic_ns())

    def end(self) -> None:
        """Note that this thread does so no more."""
        self._write(self._slot() + _LENGTH_BYTES, 0)

    def tasks(self) -> list[str]:
        """What each thread works on."""
        return [task for start in _starts(0, _TASKS) if (task := self._get(start))]

    def overdue(self) -> tuple[str, float] | None:
        """What is being rendered or filled for longer than that may take, and how long that is."""
        limit = self._read(_LIMIT)
        for start in _starts(0, _TASKS):
            begun = self._read(start + _LENGTH_BYTES)
            if limit and begun and time.monotonic_ns() - begun > limit:
                return self._get(start) or "a render", limit / _PER_SECOND
        return None

    def remember(self, folder: Path) -> None:
        """Note a folder that must not be left behind; a path too long, or one too many, is not noted."""
        text = str(folder)
        with self._writing:
            free = next((start for start in _starts(_TASKS, _FOLDERS) if not self._get(start)), None)
            if free is not None and len(text.encode()) <= _SLOT_BYTES - _HEAD_BYTES:
                self._put(free, text)

    def forget(self, folder: Path) -> None:
        """Note that the folder is gone, or is not to be removed any more."""
        for start in _starts(_TASKS, _FOLDERS):
            if self._get(start) == str(folder):
                self._put(start, "")

    def folders(self) -> list[Path]:
        """The folders that are left behind."""
        return [Path(text) for start in _starts(_TASKS, _FOLDERS) if (text := self._get(start))]

    def _slot(self) -> int:
        process = os.getpid()
        if getattr(self._own, "process", None) != process:
            self._own.process = process
            self._process = self._process or process
            # Processes that are forked together have numbers in a row, and nothing else that tells them apart.
            is_forked = process != self._process
            slot = _THREADS + process % _FORKED if is_forked else next(self._numbers) % _THREADS
            self._own.start = _SLOTS + slot * _SLOT_BYTES
        start: int = self._own.start
        return start

    def _put(self, start: int, text: str) -> None:
        content = text.encode("utf-8", "surrogateescape")[: _SLOT_BYTES - _HEAD_BYTES]
        self._memory[start + _HEAD_BYTES : start + _HEAD_BYTES + len(content)] = content
        self._memory[start : start + _LENGTH_BYTES] = len(content).to_bytes(_LENGTH_BYTES, "little")

    def _get(self, start: int) -> str:
        length = int.from_bytes(self._memory[start : start + _LENGTH_BYTES], "little")
        content = self._memory[start + _HEAD_BYTES : start + _HEAD_BYTES + length]
        return content.decode("utf-8", "surrogateescape")

    def _write(self, start: int, number: int) -> None:
        self._memory[start : start + _TIME_BYTES] = number.to_bytes(_TIME_BYTES, "little")

    def _read(self, start: int) -> int:
        return int.from_bytes(self._memory[start : start + _TIME_BYTES], "little")


def _starts(first: int, number: int) -> Iterator[int]:
    return (_SLOTS + slot * _SLOT_BYTES for slot in range(first, first + number))
