"""Work done in a process of its own, which is ended if it takes too long."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from helm_nested.errors import HelmNestedError, UnexpectedError

Answer = dict[str, Any]

_PART_BYTES = 65536


def forked(work: Callable[[], Answer], seconds: float) -> Answer | None:
    """What `work` answers, in a copy of this process; None if it does not end in that time, or its process dies.

    An exception becomes an answer with its text under "error".
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.close(reading)
            with os.fdopen(writing, "w", encoding="utf-8") as pipe:
                json.dump(_answered(work), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with suppress(OSError):  # whichever of the two comes first
        os.setpgid(child, child)
    try:
        said = _read(reading, time.monotonic() + seconds)
    except BaseException:
        _end(child)
        raise
    if not said:
        _end(child)
    else:
        os.waitpid(child, 0)
    try:
        answer: Answer | None = json.loads(said)
    except ValueError:
        return None
    return answer


def _answered(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except HelmNestedError as error:
        return {"error": str(error)}
    except Exception as error:  # whatever it is, the work was not done
        return {"error": str(UnexpectedError.of(error))}


def _read(pipe: int, until: float) -> bytes:
    """All that is written to the pipe; nothing if it is not closed by then."""
    said = b""
    with os.fdopen(pipe, "rb", buffering=0) as reader:
        while True:
            left = until - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                return b""
            part = reader.read(_PART_BYTES)
            if not part:
                return said
            said += part


def _end(child: int) -> None:
    """End the process and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
