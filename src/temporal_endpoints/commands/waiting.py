"""Waits until an endpoint is as it was asked for, and says meanwhile why it is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from temporal_endpoints.commands.api_client import ENDPOINTS, Answer, ApiClient, AskingError, SilentError
from temporal_endpoints.commands.printing import reason_of
from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.terminal import progress, tell

_PAUSE_SECONDS = 0.5


@contextmanager
def _interruptible(endpoint_id: str) -> Iterator[None]:
    """Whoever waits no longer is told that only the waiting ends."""
    try:
        yield
    except KeyboardInterrupt:
        tell(f"\nnot waiting any more; what was asked for goes on: temporal-endpoints get {endpoint_id}")
        raise


def wait_ready(client: ApiClient, endpoint_id: str, generation: int, seconds: float) -> Answer:
    """The endpoint when this generation of it, or a newer one, is READY.

    Raises:
        AskingError: it failed, is being deleted, or the time is over; the text has the reason.
    """
    with _interruptible(endpoint_id):
        return _wait_ready(client, endpoint_id, generation, seconds)


def _wait_ready(client: ApiClient, endpoint_id: str, generation: int, seconds: float) -> Answer:
    end, said = time.monotonic() + seconds, ""
    while True:
        seen = _seen(client, endpoint_id, end)
        current = seen["observed_generation"] >= generation
        line = f"{seen['name']}: {seen['status']} {reason_of(seen)}".rstrip()
        if current and seen["status"] == "READY":
            progress(line, last=True)
            return seen
        if current and seen["status"] == "UPDATE_FAILED":
            raise AskingError(f"{line.removesuffix('.')}. Correct it, and update the endpoint.")
        if seen["status"] == "DELETE_IN_PROGRESS":
            raise AskingError(f"{seen['name']} is being deleted, so it does not become READY.")
        if time.monotonic() > end:
            raise AskingError(f"after {seconds:.0f} s it is not READY. {line}")
        if line != said:
            progress(line)
            said = line
        time.sleep(_PAUSE_SECONDS)


def _seen(client: ApiClient, endpoint_id: str, end: float) -> Answer:
    """The endpoint as it is now; a control plane that is silent for a while, as during its own update, is asked again.

    Raises:
        NotRecordedError: it is not there.
        AskingError: the answer is no, or the time is over.
    """
    said = ""
    while True:
        try:
            return client.ask("GET", f"{ENDPOINTS}/{endpoint_id}")
        except SilentError as error:
            if time.monotonic() > end:
                raise
            if str(error) != said:
                said = str(error)
                progress(said)
        time.sleep(_PAUSE_SECONDS)


def wait_gone(client: ApiClient, endpoint_id: str, seconds: float) -> None:
    """Return when nothing of the endpoint is left.

    Raises:
        AskingError: the time is over.
    """
    with _interruptible(endpoint_id):
        _wait_gone(client, endpoint_id, seconds)


def _wait_gone(client: ApiClient, endpoint_id: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            seen = _seen(client, endpoint_id, end)
        except NotRecordedError:
            return
        if time.monotonic() > end:
            raise AskingError(f"after {seconds:.0f} s {seen['name']} is not gone. {reason_of(seen)}")
        time.sleep(_PAUSE_SECONDS)
