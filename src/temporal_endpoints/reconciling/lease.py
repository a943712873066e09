"""Whether this process leads: only then it may change anything, and only as long as nobody else can have taken over."""

from __future__ import annotations

import time
from threading import Lock

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.kubernetes.client import REQUEST_SECONDS
from temporal_endpoints.records.progress import Progress

LEASE_SECONDS = 20
# Who does not lead asks so often whether nobody else does any more, so this is the most.
_MOST_RENEW_SECONDS = 5.0


class Lease:
    """The leader's row, renewed by who leads; its token is in everything that is written."""

    def __init__(self, progress: Progress, holder: str, seconds: float = float(LEASE_SECONDS)) -> None:
        self._progress, self._holder, self._seconds = progress, holder, seconds
        self._lock = Lock()
        self._token: int | None = None
        self._until = 0.0

    def renew(self) -> bool:
        """Take the lead, or keep it; whether it is ours."""
        # The time is taken before the database is asked, so it ends here before it ends there.
        begin = time.monotonic()
        token = self._progress.lead(self._holder, self._seconds)
        with self._lock:
            self._token, self._until = token, begin + self._seconds
        return token is not None

    def lose(self) -> None:
        """Act as if another one led: the database cannot be asked."""
        with self._lock:
            self._token = None

    def resign(self) -> None:
        """Let another one lead at once."""
        with self._lock:
            token, self._token = self._token, None
        if token is not None:
            self._progress.resign(token)

    def token(self) -> int:
        """The token, if a request that begins now ends before another one can lead.

        Raises:
            NotLeadingError: it might not.
        """
        with self._lock:
            if self._token is None or time.monotonic() + REQUEST_SECONDS > self._until:
                raise NotLeadingError("this process does not lead; it changes nothing")
            return self._token

    @property
    def renew_seconds(self) -> float:
        """How often it is to be renewed: twice in the time for which it can be used, which ends before it does."""
        return min((self._seconds - REQUEST_SECONDS) / 2, _MOST_RENEW_SECONDS)

    @property
    def holds(self) -> bool:
        """Whether this process leads as far as it knows."""
        with self._lock:
            return self._token is not None and time.monotonic() < self._until
