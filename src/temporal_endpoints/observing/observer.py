"""The observer: looks every few seconds at what workers run."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Event, Thread
from typing import Any, Protocol

from temporal_endpoints.errors import RecordsError, TemporalSilentError
from temporal_endpoints.observing import protection
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.place import Endpoint, Place, Server
from temporal_endpoints.observing.pods import build_of, live_pods
from temporal_endpoints.observing.protection import Observation, Trigger
from temporal_endpoints.observing.rollout import Rollout
from temporal_endpoints.records.model import Condition, ObjectKey, QueueRecord

_LOG = logging.getLogger(__name__)
LOOK_SECONDS = 5
# After so many looks that brought nothing, what was seen before holds no longer.
LOOKS_THAT_HOLD = 4

Live = Mapping[ObjectKey, Mapping[str, Any]]


class Marks(Protocol):
    """What marks pods; see `reconciling.marks`."""

    @property
    def is_forbidden(self) -> bool:
        """Whether this control plane lacks the right to."""

    def bring(self, observations: Sequence[Observation]) -> frozenset[str]:
        """Mark the pods of these endpoints as they were seen; the ids of those that could not be marked now."""


class Routing(Protocol):
    """What lets builds take the new work; see `reconciling.routing`."""

    def bring(self, rollouts: Iterable[Rollout]) -> Mapping[str, str]:
        """Make builds current that can be; by endpoint why Temporal refuses."""


class Departing(Protocol):
    """What lets Temporal forget deleted endpoints; see `reconciling.departing`."""

    def bring(self, now: float) -> None:
        """Let it forget those that are due, some at a time."""


class Observer:
    """A thread that looks until it is stopped.

    Args:
        server: Temporal.
        namespace: Temporal's namespace of endpoints whose ScaledObject names none.
        queues: every endpoint that is recorded; raises RecordsError.
        live: an endpoint's objects in the cluster, pods among them; None while they are not known as they are now.
        observations: is told what is seen.
        changed: is called with an endpoint's id when what is said of its protection has changed.
        marks: marks pods by what was seen of them.
        routing: lets builds take the new work.
        departing: lets Temporal forget deleted endpoints.
        every: seconds between two looks.
    """

    def __init__(
        self,
        server: Server,
        namespace: str,
        queues: Callable[[], Sequence[QueueRecord]],
        live: Callable[[str], Live | None],
        observations: Observations,
        *,
        changed: Callable[[str], None] = lambda _endpoint_id: None,
        marks: Marks | None = None,
        routing: Routing | None = None,
        departing: Departing | None = None,
        every: float = LOOK_SECONDS,
    ) -> None:
        self._server, self._namespace = server, namespace
        self._queues, self._live, self._changed = queues, live, changed
        self._marks, self._routing, self._departing = marks, routing, departing
        self._observations, self._every = observations, every
        self._places: dict[str, Place] = {}
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="observer")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being asked."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> Sequence[Observation]:
        """Look once at everything; what was seen.

        Raises:
            RecordsError: it is not known which endpoints there are.
        """
        recorded = self._queues()
        endpoints: dict[str, list[Endpoint]] = {}
        for queue in recorded:
            objects = self._live(queue.endpoint_id)
            if objects is None:
                return ()
            trigger = Trigger.of(next((live for key, live in objects.items() if key.kind == "ScaledObject"), None))
            pods = live_pods(live for key, live in objects.items() if key.kind == "Pod")
            namespace = trigger.namespace or self._namespace
            deployments = (live for key, live in objects.items() if key.kind == "Deployment")
            builds = {build for live in deployments if (build := build_of(live["spec"]["template"]["spec"]))}
            endpoint = Endpoint(queue, pods, trigger, builds)
            endpoints.setdefault(namespace, []).append(endpoint)
        seen, conditions = self._seen(endpoints)
        if self._marks is not None:
            known = {each.endpoint_id for each in seen}
            forgotten = [each for each in self._observations.outdated() if each.endpoint_id not in known]
            unmarked = self._marks.bring([*seen, *forgotten])
            seen = [replace(each, is_marked=each.endpoint_id not in unmarked) for each in seen]
        if self._routing is not None:
            refusals = self._routing.bring(each.rollout for each in seen if each.rollout)
            seen = [_with_refusal(each, refusals.get(each.endpoint_id)) for each in seen]
        for endpoint_id in self._observations.publish([queue.endpoint_id for queue in recorded], seen, conditions):
            self._changed(endpoint_id)
        if self._departing is not None:
            self._departing.bring(time.monotonic())
        return seen

    def _seen(self, endpoints: Mapping[str, Sequence[Endpoint]]) -> tuple[list[Observation], dict[str, Condition]]:
        """What is seen of the endpoints of each Temporal namespace, and what is said of them."""
        seen: list[Observation] = []
        conditions: dict[str, Condition] = {}
        for name, here in endpoints.items():
            place = self._places.setdefault(name, Place(name))
            try:
                observations = place.look(self._server, here, time.monotonic())
            except TemporalSilentError as error:
                _LOG.warning("%s", error)
                conditions |= {endpoint.queue.endpoint_id: protection.unreachable() for endpoint in here}
                continue
            seen += observations.values()
            for endpoint in here:
                observation = observations.get(endpoint.queue.endpoint_id)
                conditions[endpoint.queue.endpoint_id] = (
                    protection.unreachable()
                    if observation is None
                    else protection.of(observation, endpoint.trigger, name, is_marked=self._is_marked)
                )
        return seen, conditions

    @property
    def _is_marked(self) -> bool:
        return self._marks is None or not self._marks.is_forbidden

    def _watch(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                self.look()
            except RecordsError as error:
                _LOG.warning("%s", error)
            except Exception:
                _LOG.exception("an error of temporal-endpoints itself; the observer goes on")


def _with_refusal(seen: Observation, refusal: str | None) -> Observation:
    if seen.rollout is None or refusal is None:
        return seen
    return replace(seen, rollout=replace(seen.rollout, refusal=refusal))
