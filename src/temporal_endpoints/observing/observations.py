"""What was seen last of every endpoint; any thread may ask, and what is too old is not told."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from temporal_endpoints.observing import protection
from temporal_endpoints.observing.demand import Work
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.records.model import Condition


class Observations:
    """The last look at each endpoint.

    Args:
        holds: for so many seconds what was seen may be told; None if nobody looks at all.
    """

    def __init__(self, holds: float | None = None) -> None:
        self._holds = holds
        self._lock = Lock()
        self._seen: Mapping[str, Observation] = {}
        self._conditions: Mapping[str, Condition] = {}

    def of(self, endpoint_id: str) -> Observation | None:
        """What was seen of an endpoint; None if that is too long ago, or never was."""
        with self._lock:
            seen = self._seen.get(endpoint_id)
        if seen is None or self._holds is None or time.monotonic() - seen.at > self._holds:
            return None
        return seen

    def may_tell(self, endpoint_id: str) -> bool:
        """Whether an endpoint's workers tell what they run, as far as is known: of what is not known, yes."""
        seen = self.of(endpoint_id)
        return seen is None or seen.is_heard

    def outdated(self) -> Sequence[Observation]:
        """What was seen too long ago to be told, without what is not known any more: what the pods do."""
        with self._lock:
            seen = self._seen
        old = (each for endpoint_id, each in seen.items() if self.of(endpoint_id) is None)
        return [
            replace(each, demand=replace(each.demand, work=dict.fromkeys(each.demand.work, Work.UNKNOWN)))
            for each in old
        ]

    def protection(self, endpoint_id: str) -> Condition | None:
        """Whether an endpoint's busy workers are safe from scale-in; None while nobody has looked yet."""
        if self._holds is None:
            return protection.off()
        with self._lock:
            return self._conditions.get(endpoint_id)

    def publish(
        self, recorded: Collection[str], seen: Sequence[Observation], conditions: Mapping[str, Condition]
    ) -> Sequence[str]:
        """Take what a look has shown of the endpoints that are recorded; the ids of those whose condition is new.

        What was not seen this time stays, and grows old.
        """
        with self._lock:
            before = self._conditions
            latest = {**self._seen, **{observation.endpoint_id: observation for observation in seen}}
            self._seen = {endpoint_id: latest[endpoint_id] for endpoint_id in latest.keys() & set(recorded)}
            self._conditions = dict(conditions)
        return [endpoint_id for endpoint_id, condition in conditions.items() if condition != before.get(endpoint_id)]
