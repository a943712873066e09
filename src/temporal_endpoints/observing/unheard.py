"""What has left the backlog since workers were heard last: it may run on any of them, and only a heartbeat tells.

Between the moment in which a worker takes an activity and its next heartbeat, neither the backlog nor a worker tells of
it. A scaler that was told less in that time would take a worker away for it, perhaps this very one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field, replace

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.heartbeats import LONGEST_PATIENCE


@dataclass(frozen=True)
class _Fall:
    """The backlog has become smaller.

    Attributes:
        count: by how much.
        needed: how many activities waited or ran before it.
        at: when that was seen.
        silent: the pods that ran then, and have not said anything since.
        is_latest: whether no look has followed yet.
    """

    count: int
    needed: int
    at: float
    silent: frozenset[str]
    is_latest: bool = True


@dataclass
class _Queue:
    backlog: int = 0
    needed: int = 0
    falls: list[_Fall] = field(default_factory=list)


class Unheard:
    """The queues of one Temporal namespace, or what each build of one endpoint has of its queue, over time.

    Args:
        is_read_last: whether a look reads what waits after what the workers said. What they have said by the next one
            may then be older than the fall, and does not count.
    """

    def __init__(self, *, is_read_last: bool = False) -> None:
        self._is_read_last = is_read_last
        self._queues: dict[Hashable, _Queue] = {}

    def take(self, name: Hashable, seen: Demand, spoke: Collection[str], per_worker: int, now: float) -> Demand:
        """The demand with as many workers as there should be for what nobody has told of yet.

        Args:
            name: the queue's, or that of one build's part of it.
            seen: what was seen in this look.
            spoke: the uids of the pods that said something since the last look.
            per_worker: how many activities one worker is meant for.
            now: in seconds of a clock that never goes back.
        """
        queue = self._queues.setdefault(name, _Queue())
        running = frozenset(uid for uid, work in seen.work.items() if work is not Work.ABSENT)
        may_be_silent = running.difference(spoke)
        falls = [
            replace(
                fall,
                silent=fall.silent & (running if fall.is_latest and self._is_read_last else may_be_silent),
                is_latest=False,
            )
            for fall in queue.falls
        ]
        # One that never says anything counts as busy anyway.
        falls = [fall for fall in falls if fall.silent and now - fall.at <= LONGEST_PATIENCE]
        if seen.backlog < queue.backlog and running:
            # Who has spoken in this look may have done so before it took something.
            falls.append(_Fall(queue.backlog - seen.backlog, queue.needed, now, running))
        needed = seen.backlog + seen.in_flight
        if falls:
            # Some of what has left is told by now, so there is never more than there was before.
            most = max(fall.needed for fall in falls)
            needed = max(needed, min(needed + sum(fall.count for fall in falls), most))
        queue.backlog, queue.needed, queue.falls = seen.backlog, needed, falls
        return replace(seen, wanted=max(seen.wanted, -(-needed // per_worker)))

    def keep(self, names: Collection[Hashable]) -> None:
        """Forget all other queues."""
        self._queues = {name: queue for name, queue in self._queues.items() if name in names}
