"""A program that answers one JSON question a line, in order: many are put before the first answer is read."""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helm_nested.errors import CannotCheckError

# The slowest object that was seen takes 5 ms; a machine may be busy.
_SECONDS = 60.0
_CHUNK = 1 << 16


class RunningProgram:
    """The running program; one thread at a time writes and reads, whichever asks.

    Raises:
        CannotCheckError: it does not run.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._lock = threading.RLock()
        self._number = 0
        self._unread = b""
        # Questions without an answer, in order, and answers that nobody has taken.
        self._open: deque[tuple[int, Mapping[str, Any]]] = deque()
        self._answers: dict[int, dict[str, Any]] = {}
        try:
            # The group is its own, so that Ctrl-C is this process's to handle.
            self._running = subprocess.Popen(
                [program],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotCheckError(f"{program} does not run: {error}. Build it again with `make tools`.") from error
        assert self._running.stdin is not None, "a pipe was asked for"  # noqa: S101
        assert self._running.stdout is not None, "a pipe was asked for"  # noqa: S101
        self._pipes = self._running.stdin, self._running.stdout
        os.set_blocking(self._pipes[0].fileno(), False)

    def ask(self, questions: Sequence[Mapping[str, Any]]) -> list[int]:
        """Put these questions; the numbers by which their answers are taken.

        Raises:
            CannotCheckError: the program ended.
        """
        with self._lock, self._ended_is_told():
            numbers = list(range(self._number + 1, self._number + len(questions) + 1))
            self._number += len(questions)
            numbered = list(zip(numbers, questions, strict=True))
            self._open += numbered
            # Keys are sorted as the program sorts them where it looks for the field that cannot be decoded.
            lines = (json.dumps({"id": number, **each}, sort_keys=True) for number, each in numbered)
            self._write(b"".join(line.encode() + b"\n" for line in lines))
            return numbers

    def answer(self, number: int) -> dict[str, Any]:
        """The answer to that question, which is taken once.

        Raises:
            CannotCheckError: the program ended, or answers something else.
        """
        with self._lock, self._ended_is_told():
            end = time.monotonic() + _SECONDS
            while number not in self._answers:
                if not self._wait(end, writing=False)[0] or not self._read():
                    raise OSError("it closed its output")
            return self._answers.pop(number)

    @contextmanager
    def _ended_is_told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            self.close()
            raise CannotCheckError(
                f"Kubernetes' own validation ended ({self._program}: {error}), so nothing is said. Run the same "
                "command again; if it ends again, build the program again with `make tools`."
            ) from error
        except CannotCheckError:
            self.close()
            raise

    def _write(self, text: bytes) -> None:
        """Write all of it, and read meanwhile: the program does not go on while nobody takes its answers."""
        left = memoryview(text)
        end = time.monotonic() + _SECONDS
        while left:
            readable, writable = self._wait(end, writing=True)
            if readable and not self._read():
                raise OSError("it closed its output")
            if writable:
                left = left[os.write(self._pipes[0].fileno(), left) :]

    def _wait(self, end: float, *, writing: bool) -> tuple[bool, bool]:
        """Whether it can be read from, and be written to."""
        to, of = self._pipes
        readable, writable, _ = select.select([of], [to] if writing else [], [], max(0.0, end - time.monotonic()))
        if not readable and not writable:
            raise OSError(f"no answer within {_SECONDS:.0f} seconds")
        return bool(readable), bool(writable)

    def _read(self) -> bool:
        """Take what there is to read; whether there will be more."""
        part = os.read(self._pipes[1].fileno(), _CHUNK)
        *lines, self._unread = (self._unread + part).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(part)

    def _take(self, answer: dict[str, Any]) -> None:
        number, question = self._open.popleft() if self._open else (0, {})
        if answer.get("id") != number:
            raise CannotCheckError(
                f"{self._program} answers another question than was asked. Build it again with `make tools`."
            )
        if answer.get("definitions", "") != question.get("definitions", ""):
            raise CannotCheckError(
                f"{self._program} is older than helm-nested: it cannot tell one release of a "
                "CustomResourceDefinition from another. Build it again with `make tools`."
            )
        self._answers[number] = answer

    @property
    def has_ended(self) -> bool:
        """Whether it was closed, or ended by itself."""
        return self._pipes[0].closed or self._running.poll() is not None

    def close(self) -> None:
        """End the program."""
        self._running.kill()
        self._running.wait()
        for pipe in self._pipes:
            pipe.close()
