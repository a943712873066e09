"""Work done in a process of its own, which is ended if it takes too long."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import IO, Any

from helm_nested.errors import HelmNestedError, UnexpectedError

Answer = dict[str, Any]

# In an answer: the work did not end in time; or its process died or had no memory left, so nobody knows what comes out.
ENDLESS = "endless"
DIED = "died"
_CONTEXT = multiprocessing.get_context("fork")
_LOOK_SECONDS = 0.1


def forked(work: Callable[[], Answer], seconds: float) -> Answer:
    """What `work` answers, in a copy of this process; else why there is no answer, under ENDLESS or DIED.

    An exception becomes an answer with its text under "error". Nothing that the work started outlives it.
    """
    # No pipe, as whatever the work forks would hold it open when the work is dead.
    with tempfile.TemporaryFile() as answers:
        process = _CONTEXT.Process(target=_answer, args=(work, answers))
        process.start()
        try:
            has_ended = _has_ended(process, seconds)
        finally:
            _end(process)
        if not has_ended:
            return {ENDLESS: f"it did not end within {seconds:.0f} s"}
        answers.seek(0)
        content = answers.read()
    if process.exitcode or not content:
        return {DIED: _death(process.exitcode or 0)}
    answer: Answer = pickle.loads(content)  # noqa: S301 - written by a copy of this process
    return answer


def _has_ended(process: BaseProcess, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.exitcode is None:
        if time.monotonic() > until:
            return False
        # What wakes this up is a pipe as well, so it is not relied upon.
        wait([process.sentinel], _LOOK_SECONDS)
    return True


def _answer(work: Callable[[], Answer], answers: IO[bytes]) -> None:
    os.setpgid(0, 0)  # so that all it starts can be ended with it
    answer = pickle.dumps(_answered(work))
    answers.write(answer)
    answers.flush()
    os._exit(0)  # threads of Helm's library would be waited for


def _answered(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except HelmNestedError as error:
        return {"error": str(error)}
    except MemoryError:
        return {DIED: "it had no memory left"}
    except Exception as error:  # whatever it is, the work was not done
        return {"error": str(UnexpectedError.of(error))}


def _death(status: int) -> str:
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    return f"its process ended with status {status} and no answer"


def _end(process: BaseProcess) -> None:
    """End the process, if it has not ended, and all that it started."""
    assert process.pid is not None  # noqa: S101 - it was started
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # it may not have made a group of its own yet
    process.join()
