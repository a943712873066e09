"""One Temporal namespace: what a look at it shows of the endpoints whose workers poll there."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from temporal_endpoints.errors import TemporalSilentError
from temporal_endpoints.observing import rollouts
from temporal_endpoints.observing.demand import demand, match
from temporal_endpoints.observing.heartbeats import HeardWorker, Heartbeats
from temporal_endpoints.observing.pods import LivePod
from temporal_endpoints.observing.protection import Heed, Observation, Trigger
from temporal_endpoints.observing.rollout import Rollout
from temporal_endpoints.observing.rollouts import Look, Rollouts
from temporal_endpoints.observing.silence import Silence
from temporal_endpoints.observing.unheard import Unheard
from temporal_endpoints.records.model import QueueRecord

_LOG = logging.getLogger(__name__)
# How often the queue of an endpoint without pods is asked for, and what a namespace can do.
_SELDOM_SECONDS = 30.0
_NEVER = float("-inf")


class Server(rollouts.Server, Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def has_heartbeats(self, namespace: str) -> bool:
        """Whether workers of this namespace tell what they run."""

    def workers(self, namespace: str, names: Collection[str]) -> Sequence[HeardWorker]:
        """The workers of a namespace, at least those of these host names."""

    def backlogs(self, namespace: str, queues: Iterable[str]) -> Mapping[str, int]:
        """How many activities wait in each queue, as far as the server says so."""


@dataclass(frozen=True)
class Endpoint:
    """What is known of an endpoint before Temporal is asked."""

    queue: QueueRecord
    pods: Sequence[LivePod]
    trigger: Trigger
    builds: Collection[str] = ()


class Place:
    """One Temporal namespace, over time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._heartbeats, self._silence, self._unheard = Heartbeats(), Silence(), Unheard()
        self._rollouts = Rollouts(name)
        self._silent: set[str] = set()
        self._capable = False
        self._asked_at = _NEVER
        self._backlogs: dict[str, tuple[float, int]] = {}

    def look(self, server: Server, endpoints: Sequence[Endpoint], now: float) -> Mapping[str, Observation]:
        """What is seen of these endpoints, by their ids; one whose queue cannot be described is left out.

        `now` is in seconds of a clock that never goes back.

        Raises:
            TemporalSilentError: the server gives no answer.
        """
        capable = self._has_heartbeats(server, now)
        backlogs = self._backlogs_of(server, endpoints, now)
        pods = [pod for endpoint in endpoints for pod in endpoint.pods]
        workers: Sequence[HeardWorker] = ()
        fresh: frozenset[str] = frozenset()
        if capable and pods:
            workers = server.workers(self._name, {name for pod in pods for name in (pod.name, pod.host_name) if name})
            fresh = self._heartbeats.take(workers, now)
        heard = match(pods, workers)
        spoke = _all_of(heard, self._heartbeats.just_changed() if workers else ())
        if capable:
            running = (pod.uid for pod in pods if pod.runs)
            self._silence.take(running, (uid for uid, some in heard.items() if some), now)
        known = {endpoint.queue.endpoint_id for endpoint in endpoints}
        self._rollouts.keep(known)
        self._unheard.keep({(each.queue.endpoint_id, each.queue.task_queue) for each in endpoints})
        self._silent &= known
        seen = {}
        for endpoint in endpoints:
            queue = endpoint.queue
            if queue.task_queue not in backlogs:
                continue
            needed = demand(
                endpoint.pods,
                (worker for pod in endpoint.pods for worker in heard[pod.uid]),
                fresh,
                task_queue=queue.task_queue,
                backlog=backlogs[queue.task_queue],
                per_worker=queue.per_worker,
            )
            # What waits in another queue than before is no less for it.
            name = queue.endpoint_id, queue.task_queue
            needed = self._unheard.take(name, needed, spoke, queue.per_worker, now)
            heed = self._heed(endpoint, capable, now)
            look = Look(queue, endpoint.builds, endpoint.pods, heard, fresh, spoke, needed.backlog, heed is Heed.HEARD)
            seen[queue.endpoint_id] = Observation(
                queue.endpoint_id, now, needed, heed, rollout=self._rollout(server, look, now)
            )
        return seen

    def _rollout(self, server: Server, look: Look, now: float) -> Rollout | None:
        """The endpoint's builds; None as well where they are not known in this look."""
        try:
            return self._rollouts.look(server, look, now)
        except TemporalSilentError as error:
            _LOG.warning("%s", error, extra={"endpoint_id": look.queue.endpoint_id})
            return None

    def _has_heartbeats(self, server: Server, now: float) -> bool:
        if now - self._asked_at >= _SELDOM_SECONDS:
            self._capable, self._asked_at = server.has_heartbeats(self._name), now
        return self._capable

    def _backlogs_of(self, server: Server, endpoints: Sequence[Endpoint], now: float) -> Mapping[str, int]:
        """What waits in each queue; those without pods are asked for seldom."""
        used: dict[str, bool] = {}
        for endpoint in endpoints:
            used[endpoint.queue.task_queue] = used.get(endpoint.queue.task_queue, False) or bool(endpoint.pods)
        due = [
            queue
            for queue, is_used in used.items()
            if is_used or now - self._backlogs.get(queue, (_NEVER, 0))[0] >= _SELDOM_SECONDS
        ]
        older = {queue: self._backlogs[queue] for queue in used.keys() - due}
        fresh = {queue: (now, count) for queue, count in server.backlogs(self._name, due).items()}
        self._backlogs = {**older, **fresh}
        return {queue: count for queue, (_, count) in self._backlogs.items()}

    def _heed(self, endpoint: Endpoint, capable: bool, now: float) -> Heed:
        """Whether its workers tell what they run; one whose workers never did is taken so until one does."""
        if not capable:
            return Heed.SERVER_SILENT
        endpoint_id, running = endpoint.queue.endpoint_id, [pod.uid for pod in endpoint.pods if pod.runs]
        if any(self._silence.was_heard(uid) for uid in running):
            self._silent.discard(endpoint_id)
        elif any(self._silence.is_silent(uid, now) for uid in running):
            self._silent.add(endpoint_id)
        return Heed.WORKERS_SILENT if endpoint_id in self._silent else Heed.HEARD


def _all_of(heard: Mapping[str, Sequence[HeardWorker]], changed: Collection[str]) -> frozenset[str]:
    """The uids of the pods all of whose workers are among these."""
    return frozenset(uid for uid, workers in heard.items() if workers and all(each.key in changed for each in workers))
