"""Work done in a process of its own, which is ended if it takes too long."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from helm_nested.errors import HelmNestedError, UnexpectedError

Answer = dict[str, Any]

# In an answer: the work did not end in time; or its process died or had no memory left, so nobody knows what comes out.
ENDLESS = "endless"
DIED = "died"
_CONTEXT = multiprocessing.get_context("fork")


def forked(work: Callable[[], Answer], seconds: float) -> Answer:
    """What `work` answers, in a copy of this process; else why there is no answer, under ENDLESS or DIED.

    An exception becomes an answer with its text under "error".
    """
    receiving, sending = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_answer, args=(work, sending))
    process.start()
    sending.close()
    try:
        if not receiving.poll(seconds):
            return {ENDLESS: f"it did not end within {seconds:.0f} s"}
        answer: Answer = receiving.recv()
    except EOFError:
        process.join()
        return {DIED: _death(process.exitcode or 0)}
    finally:
        receiving.close()
        _end(process.pid or 0)
        process.join()
    return answer


def _answer(work: Callable[[], Answer], pipe: Connection) -> None:
    os.setpgid(0, 0)  # so that all it starts can be ended with it
    pipe.send(_answered(work))
    pipe.close()
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


def _end(process: int) -> None:
    """End the process and all that it started."""
    for end in (os.killpg, os.kill):  # it may not have made a group of its own yet
        with suppress(ProcessLookupError):
            end(process, signal.SIGKILL)
