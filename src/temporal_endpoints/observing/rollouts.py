"""The builds of every endpoint of one Temporal namespace that has versions, over time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from temporal_endpoints.observing.demand import demand
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.pods import LivePod
from temporal_endpoints.observing.rollout import Retirement, Rollout, Routed, Version
from temporal_endpoints.records.model import QueueRecord

# A server takes 50 such questions a second for a whole namespace; of a build that is alone little can change.
_SELDOM_SECONDS = 30.0


class Server(Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def versions(self, namespace: str, deployment: str, builds: Collection[str], queue: str) -> Mapping[str, Version]:
        """What is known of these builds, and how much of the queue waits for each."""


@dataclass(frozen=True)
class Look:
    """What a look at the namespace has shown of one endpoint.

    Attributes:
        builds: those that have objects in the cluster.
        heard: the workers of each pod by its uid.
        fresh: the keys of the workers whose last word holds.
        backlog: how many activities wait in the queue, for whichever build.
        is_heard: whether the workers tell what they run.
    """

    queue: QueueRecord
    builds: Collection[str]
    pods: Sequence[LivePod]
    heard: Mapping[str, Sequence[HeardWorker]]
    fresh: Collection[str]
    backlog: int
    is_heard: bool


@dataclass
class Rollouts:
    """One Temporal namespace."""

    name: str
    # Temporal says by its own clock when a step began; that of a machine may differ by as much as clocks do.
    clock: Callable[[], float] = time.time
    _asked: dict[str, tuple[float, Mapping[str, Version]]] = field(default_factory=dict)
    _retirements: dict[str, Retirement] = field(default_factory=dict)

    def look(self, server: Server, look: Look, now: float) -> Rollout | None:
        """The endpoint's builds as they are now; None without versions.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        queue, wanted = look.queue, look.queue.build
        if wanted is None:
            return None
        builds = {*look.builds, wanted}
        versions = self._versions(server, queue, builds, wanted, now)
        pods = {build: [pod for pod in look.pods if pod.build == build] for build in builds}
        workers = {build: [each for pod in pods[build] for each in look.heard[pod.uid]] for build in builds}
        demands = {
            build: demand(
                pods[build],
                workers[build],
                look.fresh,
                task_queue=queue.task_queue,
                # Before the first one takes the new work, what waits is no build's.
                backlog=look.backlog if len(builds) == 1 else versions[build].backlog,
                per_worker=queue.per_worker,
            )
            for build in builds
        }
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
        )
        fresh = {build: [each for each in workers[build] if each.key in look.fresh] for build in builds}
        retirement = self._retirements.setdefault(queue.endpoint_id, Retirement())
        return replace(rollout, retired=retirement.take(rollout, fresh))

    def keep(self, endpoint_ids: Collection[str]) -> None:
        """Forget all other endpoints."""
        self._asked = {each: self._asked[each] for each in self._asked.keys() & set(endpoint_ids)}
        self._retirements = {each: self._retirements[each] for each in self._retirements.keys() & set(endpoint_ids)}

    def _versions(
        self, server: Server, queue: QueueRecord, builds: Collection[str], wanted: str, now: float
    ) -> Mapping[str, Version]:
        asked_at, known = self._asked.get(queue.endpoint_id, (now, {}))
        is_settled = known.keys() == {wanted} == builds and known[wanted].routed is Routed.CURRENT
        if is_settled and now - asked_at < _SELDOM_SECONDS:
            return known
        versions = server.versions(self.name, queue.endpoint_id, builds, queue.task_queue)
        self._asked[queue.endpoint_id] = (now, versions)
        return versions
