"""How many workers are wanted: from the pods, what their workers said, and what waits. Nothing here asks anybody.

What is not known to be idle counts as busy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.pods import LivePod


class Work(Enum):
    """What is known of a pod's work."""

    BUSY = "busy"
    IDLE = "idle"
    # Its worker was not heard of, or not lately.
    UNKNOWN = "unknown"
    # None of its containers runs, so nothing else does.
    ABSENT = "absent"


COUNTS_AS_BUSY = (Work.BUSY, Work.UNKNOWN)


@dataclass(frozen=True)
class Demand:
    """What an endpoint needs.

    Attributes:
        work: by the pod's uid.
        backlog: how many activities wait in the queue.
        in_flight: how many activities of the queue run on live pods.
        wanted: how many workers there should be.
    """

    work: Mapping[str, Work]
    backlog: int
    in_flight: int
    wanted: int

    @property
    def busy(self) -> int:
        """How many pods must stay, because they run something or because nobody knows."""
        return sum(work in COUNTS_AS_BUSY for work in self.work.values())


def demand(
    pods: Sequence[LivePod],
    workers: Iterable[HeardWorker],
    fresh: Collection[str],
    *,
    task_queue: str,
    backlog: int,
    per_worker: int,
) -> Demand:
    """What an endpoint needs.

    Args:
        pods: those that are alive.
        workers: all that Temporal lists, those of other endpoints and those that are gone among them.
        fresh: the keys of those whose last word holds.
        task_queue: the endpoint's.
        backlog: how many activities wait in it.
        per_worker: how many activities one worker is meant for.
    """
    matched = match(pods, workers)
    work = {pod.uid: _work(pod, matched[pod.uid], fresh) for pod in pods}
    in_flight = sum(worker.activities for pod in pods for worker in matched[pod.uid] if worker.task_queue == task_queue)
    busy = sum(each in COUNTS_AS_BUSY for each in work.values())
    needed = -(-(backlog + in_flight) // per_worker)
    return Demand(work, backlog, in_flight, max(busy, needed))


def match(pods: Sequence[LivePod], workers: Iterable[HeardWorker]) -> Mapping[str, Sequence[HeardWorker]]:
    """The workers of each pod by its uid, known by their host name, or by an identity that is the pod's name."""
    names: dict[str, list[str]] = {}
    for pod in pods:
        for name in {pod.name, pod.host_name} - {None}:
            names.setdefault(str(name), []).append(pod.uid)
    # A name that two pods share says nothing of either.
    alone = {name: uids[0] for name, uids in names.items() if len(uids) == 1}
    matched: dict[str, list[HeardWorker]] = {pod.uid: [] for pod in pods}
    for worker in workers:
        uid = next((alone[name] for name in names_of(worker.host_name, worker.identity) if name in alone), None)
        if uid is not None:
            matched[uid].append(worker)
    return matched


def names_of(host_name: str, identity: str) -> Sequence[str]:
    """What may be a pod's name in what a worker says of itself: identities are often `process@host`."""
    host = identity.rpartition("@")[2]
    return (host_name, host_name.partition(".")[0], identity, host)


def _work(pod: LivePod, workers: Sequence[HeardWorker], fresh: Collection[str]) -> Work:
    heard = [worker for worker in workers if worker.key in fresh]
    if not pod.runs and not heard:
        return Work.ABSENT
    if any(worker.activities or worker.others for worker in heard):
        return Work.BUSY
    return Work.IDLE if workers and len(heard) == len(workers) else Work.UNKNOWN
