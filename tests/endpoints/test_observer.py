"""The observer: what is seen of every endpoint, what is said of its protection, and what silence means."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from temporal_endpoints.observing import observer as observing
from temporal_endpoints.observing.demand import Work
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.observer import Live, Observer
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.observing.rollout import Rollout, Routed, Version
from temporal_endpoints.observing.silence import SILENT_SECONDS
from temporal_endpoints.records.model import ObjectKey, QueueRecord

from .heard import QUEUE, Heard, live_pod, worker
from .recorded import NAMESPACE

ENDPOINT = "end_1"
SCALER = ObjectKey("keda.sh/v1alpha1", "ScaledObject", NAMESPACE, "one")


def scaled_object(*triggers: str, namespace: str = "default") -> dict[str, Any]:
    """A live ScaledObject with triggers of these types."""
    return {"spec": {"triggers": [{"type": kind, "metadata": {"namespace": namespace}} for kind in triggers]}}


def deployment(build: str) -> dict[str, Any]:
    """A live Deployment whose workers are of this build."""
    env = [{"name": "TEMPORAL_WORKER_BUILD_ID", "value": build}]
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": env}]}}}}


@dataclass
class Told:
    """What tells Temporal which build is current, whoever leads."""

    server: Heard

    def bring(self, rollouts: Iterable[Rollout]) -> dict[str, str]:
        """Give builds the work where that is due."""
        told = {
            each.endpoint_id: self.server.route(each.namespace, each.endpoint_id, each.step)
            for each in rollouts
            if each.step
        }
        return {endpoint_id: refusal for endpoint_id, refusal in told.items() if refusal}


@dataclass
class Forgetting:
    """What lets Temporal forget deleted endpoints: it notes when it was asked."""

    at: list[float] = field(default_factory=list)

    def bring(self, now: float) -> None:
        """Note it."""
        self.at.append(now)


@dataclass
class Seen:
    """An observer of endpoints whose objects and clock a test holds in its hands."""

    server: Heard
    clock: list[float]
    queues: list[QueueRecord] = field(default_factory=lambda: [QueueRecord(ENDPOINT, QUEUE, 1)])
    pods: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    scalers: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_current: bool = True
    changed: list[str] = field(default_factory=list)
    unmarked: set[str] = field(default_factory=set)
    is_forbidden: bool = False
    brought: Sequence[Observation] = ()
    builds: Sequence[str] = ()
    forgetting: Forgetting = field(default_factory=Forgetting)

    def bring(self, observations: Sequence[Observation]) -> frozenset[str]:
        """Mark no pod, and say which endpoints still lack their marks."""
        self.brought = observations
        return frozenset(self.unmarked)

    def __post_init__(self) -> None:
        """Begin to observe."""
        self.observations = Observations(20.0)
        self.observer = Observer(
            self.server,
            "default",
            lambda: self.queues,
            self.live,
            self.observations,
            changed=self.changed.append,
            marks=self,
            routing=Told(self.server),
            departing=self.forgetting,
        )

    def live(self, endpoint_id: str) -> Live | None:
        """An endpoint's objects."""
        if not self.is_current:
            return None
        live = {ObjectKey.of(pod): pod for pod in self.pods.get(endpoint_id, ())}
        scaler = self.scalers.get(endpoint_id, scaled_object("temporal", "metrics-api"))
        deployments = {ObjectKey("apps/v1", "Deployment", NAMESPACE, build): deployment(build) for build in self.builds}
        return {**live, **deployments, SCALER: scaler}

    def look(self, seconds: float = 5.0) -> None:
        """Look again after so long."""
        self.clock[0] += seconds
        self.observer.look()

    def of(self, endpoint_id: str = ENDPOINT) -> Observation:
        """What was seen last, and may be told."""
        seen = self.observations.of(endpoint_id)
        assert seen is not None
        return seen

    def reason(self, endpoint_id: str = ENDPOINT) -> str | None:
        """Why the endpoint is protected, or not."""
        condition = self.observations.protection(endpoint_id)
        return None if condition is None else f"{condition.status} {condition.reason}"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """One endpoint without pods, and a clock that stands."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return Seen(Heard(), clock)


def test_busy_workers_are_wanted(seen: Seen) -> None:
    """Two of three pods run an activity, one more waits."""
    seen.pods[ENDPOINT] = [live_pod(f"pod-{number}") for number in range(3)]
    seen.server.waiting = {QUEUE: 1}
    for beat in (1, 2):
        seen.server.workers_there = [worker(f"pod-{number}", int(number < 2), beat=beat) for number in range(3)]
        seen.look()
    assert (seen.of().demand.busy, seen.of().demand.backlog, seen.of().wanted) == (2, 1, 3)
    assert seen.reason() == "True Observed"


def test_pods_are_no_longer_called_idle_when_nothing_was_heard_for_long(seen: Seen) -> None:
    """A look without an answer changes nothing yet; after some of them who was idle then may run something by now."""
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    for beat in (1, 2):
        seen.server.workers_there = [worker("pod-0", beat=beat)]
        seen.look()
    assert [each.demand.work for each in seen.brought] == [{"pod-0": Work.IDLE}]
    seen.server.silent = True
    seen.look()
    assert list(seen.brought) == []
    seen.look(20.0)
    assert [each.demand.work for each in seen.brought] == [{"pod-0": Work.UNKNOWN}]
    seen.server.silent = False
    seen.look()
    assert len(seen.brought) == 1


def test_newest_build_is_made_current_and_a_refusal_is_told(seen: Seen) -> None:
    """By the observer's own look, for endpoints with versions alone; the builds are those of the Deployments."""
    seen.queues = [QueueRecord(ENDPOINT, QUEUE, 1, "bun_2"), QueueRecord("end_2", QUEUE, 1)]
    seen.builds = ["bun_1", "bun_2"]
    seen.server.routed = {"bun_1": Version(Routed.CURRENT), "bun_2": Version(Routed.INACTIVE)}
    seen.server.refusal = "no right"
    seen.look()
    told = seen.observations.version(ENDPOINT, "bun_2")
    assert told is not None
    assert (told.reason, told.message) == ("RefusedByTemporal", "no right")
    seen.server.refusal = None
    seen.look()
    seen.look()
    told = seen.observations.version(ENDPOINT, "bun_2")
    assert told is not None
    assert (told.reason, "bun_1 (draining)" in told.message) == ("Current", True)
    assert [each for each in seen.server.asked if "takes 100 %" in each] == [
        f"bun_2 of {ENDPOINT} in default takes 100 %"
    ] * 2
    assert seen.observations.version("end_2", None) is None
    assert seen.changed.count(ENDPOINT) >= 2


def test_temporal_is_to_forget_deleted_endpoints_in_each_look(seen: Seen) -> None:
    """Also while it answers nothing else, as that may be another namespace."""
    seen.server.silent = True
    seen.look()
    seen.look()
    assert seen.forgetting.at == [1005.0, 1010.0]


def test_nobody_goes_before_the_pods_are_marked(seen: Seen) -> None:
    """Kubernetes would choose among all pods, and a busy one might go while an idle one stays."""
    seen.pods[ENDPOINT] = [live_pod(f"pod-{number}") for number in range(3)]
    seen.unmarked = {ENDPOINT}
    for beat in (1, 2):
        seen.server.workers_there = [worker(f"pod-{number}", int(number < 1), beat=beat) for number in range(3)]
        seen.look()
    assert (seen.of().demand.wanted, seen.of().wanted) == (1, 3)
    seen.unmarked.clear()
    seen.look()
    assert seen.of().wanted == 1


@pytest.mark.parametrize("build", [None, "bun_2"])
def test_worker_that_has_just_taken_an_activity_is_wanted(seen: Seen, build: str | None) -> None:
    """It says so by its next heartbeat only; until then it is missing in the backlog, and a worker would go for it."""
    seen.queues = [QueueRecord(ENDPOINT, QUEUE, 1, build)]
    seen.builds = [] if build is None else [build]
    seen.server.routed = {} if build is None else {build: Version(Routed.CURRENT)}

    def look(backlog: int, activities: int, beat: int) -> int:
        starting = [live_pod("pod-1", runs=False), live_pod("pod-2", runs=False)]
        seen.pods[ENDPOINT] = [live_pod("pod-0"), *starting]
        seen.server.waiting = {QUEUE: backlog}
        seen.server.workers_there = [worker("pod-0", activities, beat=beat)]
        seen.look()
        return seen.of().wanted

    look(3, 0, 1)
    assert look(3, 0, 2) == 3
    assert look(2, 0, 2) == 3
    assert look(2, 1, 3) == 3
    assert look(1, 0, 4) == 2
    assert look(1, 0, 5) == 1


def test_another_queue_is_no_smaller_backlog(seen: Seen) -> None:
    """What waited in the one of before waits there still, so nobody has taken it."""
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    seen.server.waiting = {QUEUE: 9}
    for beat in (1, 2):
        seen.server.workers_there = [worker("pod-0", beat=beat)]
        seen.look()
    assert seen.of().wanted == 9
    seen.queues = [QueueRecord(ENDPOINT, "another", 1)]
    seen.server.workers_there = [worker("pod-0", beat=3, task_queue="another")]
    seen.look()
    assert seen.of().wanted == 0


def test_workers_that_are_gone_count_for_nothing(seen: Seen) -> None:
    """Temporal lists them for minutes, with the activity that they were killed in."""
    seen.server.workers_there = [worker("gone", 4)]
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    seen.look()
    seen.look()
    assert (seen.of().demand.in_flight, seen.of().demand.busy) == (0, 1)


def test_restart_of_temporal_makes_every_worker_busy(seen: Seen) -> None:
    """It has forgotten who is there, and nobody was idle because of that, however long it lasts."""
    seen.pods[ENDPOINT] = [live_pod("pod-0"), live_pod("pod-1")]
    for beat in (1, 2):
        seen.server.workers_there = [worker("pod-0", beat=beat), worker("pod-1", beat=beat)]
        seen.look()
    assert seen.of().wanted == 0
    seen.server.workers_there = []
    for _ in range(60):
        seen.look()
        assert (seen.of().wanted, seen.reason()) == (2, "True Observed")


def test_silent_temporal_is_told_and_what_was_seen_grows_old(seen: Seen) -> None:
    """For a few looks it holds, then nothing is known: the scaler is answered 503, and nothing goes."""
    seen.look()
    seen.server.silent = True
    seen.look()
    assert seen.of().wanted == 0
    assert seen.reason() == "Unknown TemporalSilent"
    for _ in range(4):
        seen.look()
    assert seen.observations.of(ENDPOINT) is None
    seen.server.silent = False
    seen.look()
    assert seen.reason() == "True Observed"
    assert seen.changed == [ENDPOINT] * 3


def test_cluster_that_is_not_known_as_it_is_now_is_not_told(seen: Seen) -> None:
    """A pod that came meanwhile would be missing from those that are busy."""
    seen.look()
    seen.is_current = False
    for _ in range(5):
        seen.look()
    assert seen.observations.of(ENDPOINT) is None


def test_server_without_heartbeats_leaves_all_to_the_backlog(seen: Seen) -> None:
    """As before: this trigger asks for nothing, and the status says why busy workers are not safe."""
    seen.server.capable = False
    seen.server.waiting = {QUEUE: 3}
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    for _ in range(60):
        seen.look()
    assert (seen.of().wanted, seen.of().demand.backlog) == (0, 3)
    assert seen.reason() == "False ServerWithoutHeartbeats"
    assert "workers default" not in seen.server.asked


def silence(seen: Seen) -> None:
    """Pods run for long, and none is heard."""
    for _ in range(int(SILENT_SECONDS / 5) + 2):
        seen.look()


def test_workers_that_send_no_heartbeats_leave_all_to_the_backlog(seen: Seen) -> None:
    """Busy until they could have been heard; then as before, also when more of them come."""
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    seen.look()
    assert (seen.of().wanted, seen.reason()) == (1, "True Observed")
    silence(seen)
    assert (seen.of().wanted, seen.reason()) == (0, "False WorkersSilent")
    seen.pods[ENDPOINT] = [live_pod("pod-1")]
    seen.look()
    assert seen.of().wanted == 0
    seen.server.workers_there = [worker("pod-1", 1)]
    seen.look()
    assert (seen.of().wanted, seen.reason()) == (1, "True Observed")


def test_one_worker_that_is_heard_protects_all(seen: Seen) -> None:
    """While an old SDK is replaced by a new one, the pods of the old one are unknown, and so busy."""
    seen.pods[ENDPOINT] = [live_pod("old"), live_pod("new")]
    for beat in range(int(SILENT_SECONDS / 5) + 2):
        seen.server.workers_there = [worker("new", beat=beat)]
        seen.look()
    assert (seen.of().demand.busy, seen.of().wanted, seen.reason()) == (1, 1, "True Observed")


def test_scaler_that_does_not_ask_is_told(seen: Seen) -> None:
    """It is known what runs, and nobody uses it."""
    seen.scalers[ENDPOINT] = scaled_object("temporal")
    seen.look()
    assert seen.reason() == "False TriggerMissing"


def test_each_temporal_namespace_is_asked_once(seen: Seen) -> None:
    """That of the endpoint's own trigger; three endpoints of two namespaces are two lists."""
    seen.queues = [QueueRecord(f"end_{number}", f"queue-{number}", 1) for number in range(3)]
    for number, queue in enumerate(seen.queues):
        seen.pods[queue.endpoint_id] = [live_pod(f"pod-{number}")]
    seen.scalers["end_2"] = scaled_object("temporal", "metrics-api", namespace="speech\n")
    seen.look()
    asked = [question for question in seen.server.asked if question.startswith("workers")]
    assert asked == ["workers default", "workers speech"]


def test_idle_queues_are_asked_for_seldom(seen: Seen) -> None:
    """An endpoint at zero costs Temporal two questions a minute; one with pods one at each look."""
    seen.queues += [QueueRecord("end_2", "idle", 1)]
    seen.pods[ENDPOINT] = [live_pod("pod-0")]
    for _ in range(12):
        seen.look()
    asked = seen.server.asked
    assert asked.count(f"queue {QUEUE} in default") == 12
    assert asked.count("queue idle in default") == asked.count("capability default") == 2


def test_queue_that_is_refused_hides_no_other(seen: Seen) -> None:
    """Its owner chose the name; what is not known of it keeps its workers, and all others are seen as before."""
    seen.queues += [QueueRecord("end_2", "another", 1)]
    seen.pods = {ENDPOINT: [live_pod("pod-0")], "end_2": [live_pod("pod-1")]}
    seen.server.refused = {QUEUE}
    seen.look()
    assert (seen.observations.of(ENDPOINT), seen.reason()) == (None, "Unknown TemporalSilent")
    assert (seen.of("end_2").wanted, seen.reason("end_2")) == (1, "True Observed")
    seen.server.refused.clear()
    seen.look()
    seen.server.refused = {QUEUE}
    for _ in range(5):
        seen.look()
    assert seen.observations.of(ENDPOINT) is None


def test_deleted_endpoint_is_forgotten(seen: Seen) -> None:
    """Nothing is said of it any more."""
    seen.look()
    seen.queues.clear()
    seen.look()
    assert (seen.observations.of(ENDPOINT), seen.reason()) == (None, None)


def test_without_temporal_nobody_looks() -> None:
    """And that is what is said."""
    condition = Observations().protection(ENDPOINT)
    assert condition is not None
    assert (condition.status, condition.reason) == ("False", "NotObserved")
    assert "--temporal-address" in condition.message


def test_thread_looks_until_it_is_stopped() -> None:
    """And a mistake of its own does not end it."""
    looks: list[int] = []

    def queues() -> Sequence[QueueRecord]:
        looks.append(1)
        raise KeyError(ENDPOINT)

    observer = Observer(Heard(), "default", queues, lambda _endpoint_id: {}, Observations(1.0), every=0.01)
    observer.start()
    while len(looks) < 3:
        time.sleep(0.01)
    observer.stop()
    assert observing.LOOK_SECONDS * observing.LOOKS_THAT_HOLD == 20
