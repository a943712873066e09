"""What was seen last of every endpoint; any thread may ask, and what is too old is not told."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from threading import Lock

from temporal_endpoints.observing import protection
from temporal_endpoints.observing.demand import Work
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.observing.rollout import CURRENT_BUILD, Rollout
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

    def retired(self, endpoint_id: str) -> frozenset[str]:
        """The endpoint's builds that have no work any more, as far as is known."""
        rollout = self._rollout(endpoint_id)
        return frozenset() if rollout is None else rollout.retired

    def version(self, endpoint_id: str, build: str | None) -> Condition | None:
        """Whether an endpoint's newest build takes the new work; None without versions."""
        if build is None:
            return None
        if self._holds is None:
            message = "Nobody tells Temporal which build takes the new work. Start with --temporal-address."
            return Condition(CURRENT_BUILD, "False", "NotObserved", message)
        rollout = self._rollout(endpoint_id)
        if rollout is None or rollout.wanted != build:
            message = "Temporal has not said yet what it does with this build. If that lasts, the log says why."
            return Condition(CURRENT_BUILD, "Unknown", "NotSeenYet", message)
        return rollout.condition()

    def by_hand(self, endpoint_id: str) -> Condition | None:
        """What somebody else has changed in Temporal of where the endpoint's new work goes, if anything."""
        rollout = self._rollout(endpoint_id)
        return None if rollout is None else rollout.by_hand

    def _rollout(self, endpoint_id: str) -> Rollout | None:
        with self._lock:
            seen = self._seen.get(endpoint_id)
        return None if seen is None else seen.rollout

    def publish(
        self, recorded: Collection[str], seen: Sequence[Observation], conditions: Mapping[str, Condition]
    ) -> Sequence[str]:
        """Take what a look has shown of the endpoints that are recorded; the ids of those whose condition is new.

        What was not seen this time stays, and grows old.
        """
        with self._lock:
            before, known = self._conditions, self._seen
            seen = [_with_rollout(observation, known.get(observation.endpoint_id)) for observation in seen]
            latest = {**self._seen, **{observation.endpoint_id: observation for observation in seen}}
            self._seen = {endpoint_id: latest[endpoint_id] for endpoint_id in latest.keys() & set(recorded)}
            self._conditions = dict(conditions)
        changed = {endpoint_id for endpoint_id, condition in conditions.items() if condition != before.get(endpoint_id)}
        changed |= {each.endpoint_id for each in seen if _is_news(each.rollout, known.get(each.endpoint_id))}
        return sorted(changed)


def _with_rollout(seen: Observation, before: Observation | None) -> Observation:
    """With the builds as they were known before, if nothing was seen of them this time."""
    if seen.rollout is not None or before is None:
        return seen
    return replace(seen, rollout=before.rollout)


def _is_news(rollout: Rollout | None, before: Observation | None) -> bool:
    """Whether something is to be said of the builds that was not before; also that one of them has no work any more."""
    if rollout is None:
        return False
    old = before.rollout if before else None
    return old is None or (rollout.condition(), rollout.by_hand) != (old.condition(), old.by_hand)
