"""How many workers are wanted: never fewer than are busy, enough for what waits, and unknown is never idle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from temporal_endpoints.observing.demand import Demand, Work, demand
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.pods import LivePod, live_pods

from .heard import QUEUE, live_pod, pod, worker

NAMES = [f"pod-{number}" for number in range(6)]
WORKERS = st.builds(
    worker,
    st.sampled_from([*NAMES, "gone"]),
    st.integers(0, 4),
    others=st.integers(0, 1),
    key=st.text("abc", min_size=1, max_size=3),
    task_queue=st.sampled_from([QUEUE, "another"]),
)
PODS = st.lists(st.sampled_from(NAMES), unique=True).flatmap(
    lambda names: st.tuples(*(st.builds(pod, st.just(name), runs=st.booleans()) for name in names))
)


def seen(
    pods: Sequence[LivePod],
    workers: Sequence[HeardWorker],
    fresh: set[str] | None = None,
    *,
    backlog: int = 0,
    per_worker: int = 1,
) -> Demand:
    """The demand, with every heartbeat fresh unless some are named."""
    keys = {heard.key for heard in workers} if fresh is None else fresh
    return demand(pods, workers, keys, task_queue=QUEUE, backlog=backlog, per_worker=per_worker)


def test_busy_pods_stay_though_nothing_waits() -> None:
    """Three run one activity each of ten that they could: one worker would be enough for three, and all stay."""
    needed = seen([pod(name) for name in NAMES], [worker(name, int(name < "pod-3")) for name in NAMES], per_worker=10)
    assert [needed.work[name] for name in NAMES] == [Work.BUSY] * 3 + [Work.IDLE] * 3
    assert (needed.busy, needed.in_flight, needed.wanted) == (3, 3, 3)


def test_what_waits_comes_on_top_of_what_runs() -> None:
    """Two full workers and three more activities: the backlog alone would ask for two workers."""
    needed = seen([pod("pod-0"), pod("pod-1")], [worker("pod-0", 2), worker("pod-1", 2)], backlog=3, per_worker=2)
    assert needed.wanted == 4


@pytest.mark.parametrize(
    ("workers", "fresh"),
    [
        pytest.param([], None, id="nobody-heard-of"),
        pytest.param([worker("pod-0")], set(), id="not-lately"),
        pytest.param([worker("pod-0"), worker("pod-0", key="second")], {"second"}, id="one-of-two-not-lately"),
    ],
)
def test_pod_that_is_not_known_to_be_idle_is_busy(workers: Sequence[HeardWorker], fresh: set[str] | None) -> None:
    """A restart of Temporal, an old SDK and a worker that hangs all look like that."""
    needed = seen([pod("pod-0")], workers, fresh)
    assert (needed.work["pod-0"], needed.busy, needed.wanted) == (Work.UNKNOWN, 1, 1)


def test_local_activities_and_nexus_tasks_make_a_pod_busy() -> None:
    """They would be lost as well; they come from no queue of activities, so they are not in flight."""
    needed = seen([pod("pod-0")], [worker("pod-0", others=1)])
    assert (needed.work["pod-0"], needed.in_flight) == (Work.BUSY, 0)


def test_work_from_another_queue_keeps_its_pod() -> None:
    """After a change of the queue older pods still end what they took from the one before."""
    needed = seen([pod("pod-0")], [worker("pod-0", 5, task_queue="the one before")])
    assert (needed.busy, needed.in_flight, needed.wanted) == (1, 0, 1)


def test_pod_whose_containers_do_not_run_is_not_busy() -> None:
    """An image that cannot be pulled would otherwise keep its pod for ever."""
    needed = seen([pod("pod-0", runs=False)], [])
    assert (needed.work["pod-0"], needed.busy, needed.wanted) == (Work.ABSENT, 0, 0)


def test_heartbeat_tells_before_the_kubelet_that_a_pod_runs() -> None:
    """The worker has begun already, and the status of its container is late."""
    assert seen([pod("pod-0", runs=False)], [worker("pod-0", 1)]).busy == 1


@pytest.mark.parametrize(
    "one",
    [
        replace(worker("pod-0", 1), host_name="node-1", identity="pod-0"),
        replace(worker("pod-0", 1), host_name="node-1", identity="7@pod-0"),
        replace(worker("pod-0", 1), host_name="pod-0.workers.team.svc.cluster.local", identity=""),
    ],
    ids=["identity", "process-at-host", "full-name"],
)
def test_worker_is_known_by_what_it_calls_itself(one: HeardWorker) -> None:
    """Its identity may be the pod's name, where the host's is the node's; a full host name begins with it."""
    assert seen([pod("pod-0")], [one]).work["pod-0"] == Work.BUSY


def test_host_name_of_two_pods_tells_nothing() -> None:
    """With `hostname` in the template all pods have the same: which of them is idle is not known."""
    pods = [replace(pod(name), host_name="worker") for name in ("pod-0", "pod-1")]
    assert seen(pods, [replace(worker("worker"), identity="")]).busy == 2


def test_pods_that_end_do_not_count() -> None:
    """Nor those that have ended: they are no replicas, whatever they still run."""
    ending = live_pod("ending", deletionTimestamp="2026-01-01T00:00:00Z")
    ended = {**live_pod("ended"), "status": {"phase": "Failed"}}
    assert [alive.name for alive in live_pods([ending, ended, live_pod("alive")])] == ["alive"]


def test_host_name_is_what_kubernetes_makes_of_a_pod() -> None:
    """Its name, cut to 63 characters, without what may not stand at an end; or `hostname`; the node's is nobody's."""
    long = live_pod("a" * 62 + "-" + "b" * 10)
    own = {**live_pod("pod-0"), "spec": {"hostname": "own"}}
    shared = {**live_pod("pod-1"), "spec": {"hostNetwork": True}}
    assert [alive.host_name for alive in live_pods([long, own, shared])] == ["a" * 62, "own", None]
    assert [alive.runs for alive in live_pods([live_pod("pod-0"), live_pod("pod-1", runs=False)])] == [True, False]


@settings(deadline=None)
@given(
    pods=PODS,
    workers=st.lists(WORKERS, max_size=8),
    fresh=st.sets(st.text("abc", min_size=1, max_size=3)),
    backlog=st.integers(0, 50),
    per_worker=st.integers(1, 9),
)
def test_wanted_is_never_below_what_is_busy_or_waits(
    pods: Sequence[LivePod], workers: list[HeardWorker], fresh: set[str], backlog: int, per_worker: int
) -> None:
    """Whatever is heard: the larger of both, each pod in one state, and idle only if all of its workers say so."""
    needed = seen(pods, workers, fresh, backlog=backlog, per_worker=per_worker)
    assert needed.work.keys() == {one.uid for one in pods}
    assert needed.wanted == max(needed.busy, ceil((backlog + needed.in_flight) / per_worker))
    for one in pods:
        its = [heard for heard in workers if heard.host_name == one.name]
        if needed.work[one.uid] == Work.IDLE:
            assert its
            assert all(heard.key in fresh and not heard.activities and not heard.others for heard in its)
        if any(heard.key in fresh and heard.activities for heard in its):
            assert needed.work[one.uid] == Work.BUSY
        if one.runs and not its:
            assert needed.work[one.uid] == Work.UNKNOWN


@settings(deadline=None)
@given(pods=PODS, workers=st.lists(WORKERS, max_size=8), backlog=st.integers(0, 50), forgotten=st.integers(0, 7))
def test_forgetting_a_worker_takes_no_pod_away(
    pods: Sequence[LivePod], workers: list[HeardWorker], backlog: int, forgotten: int
) -> None:
    """A heartbeat that is late makes no pod idle, so scale-in never follows from silence alone."""
    all_fresh = {heard.key for heard in workers}
    late = {heard.key for number, heard in enumerate(workers) if number != forgotten}
    running = [replace(one, runs=True) for one in pods]
    assert seen(running, workers, late, backlog=backlog).busy >= seen(running, workers, all_fresh, backlog=backlog).busy
