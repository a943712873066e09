"""The builds of every endpoint of one Temporal namespace that has versions, over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from temporal_endpoints.observing.by_hand import ByHand
from temporal_endpoints.observing.demand import demand
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.pods import LivePod
from temporal_endpoints.observing.rollout import Retirement, Rollout, Routed, Routes, Version
from temporal_endpoints.observing.unheard import Unheard
from temporal_endpoints.records.model import QueueRecord

# A server takes 50 such questions a second for a whole namespace; of a build that is alone little can change.
_SELDOM_SECONDS = 30.0


class Server(Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def versions(self, namespace: str, deployment: str, builds: Collection[str], queue: str) -> Mapping[str, Version]:
        """What is known of these builds, and how much of the queue waits for each."""

    def routes(self, namespace: str, deployment: str) -> Routes | None:
        """Where the new work goes, as soon as the server knows any worker of the deployment."""


@dataclass(frozen=True)
class Look:
    """What a look at the namespace has shown of one endpoint.

    Attributes:
        builds: those that have objects in the cluster.
        heard: the workers of each pod by its uid.
        fresh: the keys of the workers whose last word holds.
        spoke: the uids of the pods whose workers said something since the last look.
        backlog: how many activities wait in the queue, for whichever build.
        is_heard: whether the workers tell what they run.
    """

    queue: QueueRecord
    builds: Collection[str]
    pods: Sequence[LivePod]
    heard: Mapping[str, Sequence[HeardWorker]]
    fresh: Collection[str]
    spoke: Collection[str]
    backlog: int
    is_heard: bool


@dataclass(frozen=True)
class _Answer:
    """What Temporal has said of an endpoint, and when it was asked."""

    at: float
    versions: Mapping[str, Version]
    routes: Routes | None

    def is_settled(self, wanted: str, builds: Collection[str]) -> bool:
        """Whether one build alone is there and has all of the new work, and is to have it."""
        is_current = self.versions.keys() == {wanted} == builds and self.versions[wanted].routed is Routed.CURRENT
        # Somebody else can let a build have a part that has no objects.
        return is_current and self.routes is not None and self.routes.ramping is None


@dataclass
class Rollouts:
    """One Temporal namespace."""

    name: str
    # Temporal says by its own clock when a step began; that of a machine may differ by as much as clocks do.
    clock: Callable[[], float] = time.time
    _answers: dict[str, _Answer] = field(default_factory=dict)
    _retirements: dict[str, Retirement] = field(default_factory=dict)
    _by_hand: dict[str, ByHand] = field(default_factory=dict)
    _unheard: dict[str, Unheard] = field(default_factory=dict)

    def look(self, server: Server, look: Look, now: float) -> Rollout | None:
        """The endpoint's builds as they are now; None without versions.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        queue, wanted = look.queue, look.queue.build
        if wanted is None:
            return None
        builds = {*look.builds, wanted}
        answer = self._answer(server, queue, builds, wanted, now)
        versions = answer.versions
        pods = {build: [pod for pod in look.pods if pod.build == build] for build in builds}
        workers = {build: [each for pod in pods[build] for each in look.heard[pod.uid]] for build in builds}
        unheard = self._unheard.setdefault(queue.endpoint_id, Unheard(is_read_last=True))
        unheard.keep(builds)
        demands = {}
        for build in builds:
            needed = demand(
                pods[build],
                workers[build],
                look.fresh,
                task_queue=queue.task_queue,
                # Before the first one takes the new work, what waits is no build's.
                backlog=look.backlog if len(builds) == 1 else versions[build].backlog,
                per_worker=queue.per_worker,
            )
            demands[build] = unheard.take(build, needed, look.spoke, queue.per_worker, now)
        if versions[wanted].routed is Routed.ABSENT:
            # Temporal knows a build only when one of its workers has polled. A scaler that took the first one away
            # before that would leave the build unknown for ever.
            demands[wanted] = replace(demands[wanted], wanted=max(demands[wanted].wanted, 1))
        rollout = Rollout(
            queue.endpoint_id,
            self.name,
            wanted,
            versions,
            demands,
            is_heard=look.is_heard,
            ramp=queue.ramp,
            at=self.clock(),
            routes=answer.routes,
        )
        fresh = {build: [each for each in workers[build] if each.key in look.fresh] for build in builds}
        retirement = self._retirements.setdefault(queue.endpoint_id, Retirement())
        by_hand = self._by_hand.setdefault(queue.endpoint_id, ByHand()).take(rollout, now)
        return replace(rollout, retired=retirement.take(rollout, fresh), by_hand=by_hand)

    def keep(self, endpoint_ids: Collection[str]) -> None:
        """Forget all other endpoints."""
        for known in (self._answers, self._retirements, self._by_hand, self._unheard):
            for endpoint_id in known.keys() - set(endpoint_ids):
                del known[endpoint_id]

    def _answer(self, server: Server, queue: QueueRecord, builds: Collection[str], wanted: str, now: float) -> _Answer:
        known = self._answers.get(queue.endpoint_id)
        if known is not None and known.is_settled(wanted, builds) and now - known.at < _SELDOM_SECONDS:
            return known
        answer = _Answer(
            now,
            server.versions(self.name, queue.endpoint_id, builds, queue.task_queue),
            server.routes(self.name, queue.endpoint_id),
        )
        self._answers[queue.endpoint_id] = answer
        return answer
