"""Pods that run and send no heartbeat at all: an SDK that is too old, or one that was told not to."""

from __future__ import annotations

from collections.abc import Iterable

from temporal_endpoints.observing.heartbeats import LONGEST_INTERVAL

# With the longest interval, a third heartbeat is due after so many seconds.
SILENT_SECONDS = 3 * LONGEST_INTERVAL
# Whoever did not look for so long does not know what was said meanwhile.
_GAP_SECONDS = 30.0


class Silence:
    """How long each pod has been seen to run without a word; a pod that was heard once is never silent again."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._heard: set[str] = set()
        self._looked_at = float("-inf")

    def take(self, running: Iterable[str], heard: Iterable[str], now: float) -> None:
        """What a look at Temporal has brought: the pods that run, and those of them that a worker is known of."""
        if now - self._looked_at > _GAP_SECONDS:
            self._since.clear()
        self._looked_at = now
        pods = set(running)
        self._heard = (self._heard | set(heard)) & pods
        self._since = {uid: self._since.get(uid, now) for uid in pods}

    def was_heard(self, uid: str) -> bool:
        """Whether the pod has ever sent a heartbeat."""
        return uid in self._heard

    def is_silent(self, uid: str, now: float) -> bool:
        """Whether it has run long enough to be heard, and was not."""
        return uid not in self._heard and now - self._since.get(uid, now) >= SILENT_SECONDS
