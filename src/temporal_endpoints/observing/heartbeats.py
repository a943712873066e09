"""Heartbeats of workers: what each said last, and whether it still says something.

Temporal lists a worker that is gone for some five minutes more, with what it said last, and clocks of two machines
differ. So a heartbeat is fresh only if it was seen to change, by the clock of the one who looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# What the SDKs do unless they are told otherwise, in seconds; Temporal takes no longer one.
LONGEST_INTERVAL = 60.0
_SHORTEST_INTERVAL = 1.0
# A heartbeat that was missed once or twice is late, and no sign that nobody sends any.
_INTERVALS = 3
# Whoever has said nothing for so long says nothing any more.
LONGEST_PATIENCE = _INTERVALS * LONGEST_INTERVAL
# Longer than Temporal lists one that is gone.
_REMEMBERED_SECONDS = 600.0


@dataclass(frozen=True)
class HeardWorker:
    """What a worker said in its last heartbeat.

    Attributes:
        key: the worker's own; one that is started again has another.
        activities: how many activities it runs.
        others: how much else it runs that would be lost with it: local activities and Nexus tasks.
        sent_at: when it said so, by its own clock, in nanoseconds.
        interval: seconds between its heartbeats.
    """

    key: str
    host_name: str
    identity: str
    task_queue: str
    activities: int
    others: int
    sent_at: int
    interval: float = LONGEST_INTERVAL

    @property
    def patience(self) -> float:
        """After so many seconds without a new heartbeat, what it said holds no longer."""
        return _INTERVALS * min(max(self.interval, _SHORTEST_INTERVAL), LONGEST_INTERVAL)


@dataclass(frozen=True)
class _Seen:
    sent_at: int
    changed_at: float | None
    listed_at: float


class Heartbeats:
    """All workers of one Temporal namespace, over time."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._looked_at: float | None = None

    def take(self, workers: Iterable[HeardWorker], now: float) -> frozenset[str]:
        """The keys of those whose heartbeats are fresh, of all that are listed now; `now` is in seconds."""
        # One that is left out of a list and comes again without a new heartbeat is not new.
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen.listed_at <= _REMEMBERED_SECONDS}
        fresh = set()
        for worker in workers:
            changed_at = self._changed_at(worker, self._seen.get(worker.key), now)
            self._seen[worker.key] = _Seen(worker.sent_at, changed_at, now)
            if changed_at is not None and now - changed_at <= worker.patience:
                fresh.add(worker.key)
        self._looked_at = now
        return frozenset(fresh)

    def just_changed(self) -> frozenset[str]:
        """The keys of those that said something between the last two looks, as far as that is known."""
        return frozenset(key for key, seen in self._seen.items() if seen.changed_at == self._looked_at)

    def _changed_at(self, worker: HeardWorker, known: _Seen | None, now: float) -> float | None:
        if known is not None:
            return now if worker.sent_at != known.sent_at else known.changed_at
        # It was not there when last looked, so it has begun since; after a long pause it may have ended since as well.
        is_new = self._looked_at is not None and now - self._looked_at <= worker.patience
        return now if is_new else None
