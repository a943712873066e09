"""Builds of an endpoint: the newest takes the new work once it can, and an older one goes when it has none left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.pods import LivePod, live_pods
from temporal_endpoints.observing.protection import Heed, Observation
from temporal_endpoints.observing.rollout import Retirement, Rollout, Routed, Step, Version
from temporal_endpoints.observing.rollouts import Look, Rollouts
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.reconciling.routing import Routing
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import QueueRecord
from temporal_endpoints.records.progress import Progress

from .heard import QUEUE, Heard, live_pod, worker

ENDPOINT, OLD, NEW = "end_1", "bun_old", "bun_new"
IDLE = Demand({"a": Work.IDLE}, 0, 0, 0)
OVER = Rollout(
    ENDPOINT,
    "default",
    NEW,
    {OLD: Version(Routed.DRAINED), NEW: Version(Routed.CURRENT)},
    {OLD: IDLE, NEW: Demand({}, 0, 0, 0)},
)
Beats = Mapping[str, list[HeardWorker]]


def beats(number: int, *hosts: str) -> Beats:
    """What workers of the old build have said, as often as that."""
    return {OLD: [worker(host, beat=number) for host in hosts or ("a",)], NEW: []}


def old(version: Version, demand: Demand = IDLE) -> Rollout:
    """The same, with another old build."""
    return replace(OVER, versions={**OVER.versions, OLD: version}, demands={**OVER.demands, OLD: demand})


def test_old_build_goes_after_two_looks_with_new_heartbeats() -> None:
    """Temporal calls it drained although it may still run something, and one heartbeat is not two."""
    retirement = Retirement()
    taken = [retirement.take(OVER, beats(number)) for number in (1, 1, 2, 2)]
    assert taken == [frozenset(), frozenset(), {OLD}, {OLD}]


@pytest.mark.parametrize(
    "between",
    [
        old(Version(Routed.DRAINING)),
        old(Version(Routed.CURRENT)),
        old(Version(Routed.DRAINED, backlog=1)),
        old(Version(Routed.DRAINED), Demand({"a": Work.BUSY}, 0, 0, 1)),
        old(Version(Routed.DRAINED), Demand({"a": Work.UNKNOWN}, 0, 0, 1)),
        old(Version(Routed.DRAINED), Demand({"a": Work.IDLE}, 0, 1, 1)),
        replace(OVER, versions={**OVER.versions, NEW: Version(Routed.INACTIVE)}),
        replace(OVER, is_heard=False),
        replace(OVER, wanted=OLD),
    ],
    ids=["draining", "current", "backlog", "busy", "unknown", "in-flight", "new-not-current", "not-heard", "wanted"],
)
def test_old_build_stays_while_there_may_be_work_for_it(between: Rollout) -> None:
    """Each of these alone keeps it, and two looks one after another are needed again afterwards."""
    retirement = Retirement()
    looks = [(OVER, 1), (between, 2), (OVER, 3)]
    assert [retirement.take(rollout, beats(number)) for rollout, number in looks] == [frozenset()] * 3
    assert retirement.take(OVER, beats(4)) == {OLD}
    assert retirement.take(between, beats(5)) == frozenset()


@pytest.mark.parametrize("routed", [Routed.ABSENT, Routed.INACTIVE])
def test_build_that_never_took_work_goes_as_well(routed: Routed) -> None:
    """Its image could not be pulled, say, and a newer one took its place."""
    retirement = Retirement()
    none: Beats = {OLD: [], NEW: []}
    never = old(Version(routed), Demand({"a": Work.ABSENT}, 0, 0, 0))
    assert [retirement.take(never, none) for _ in range(2)] == [frozenset(), {OLD}]


def test_worker_that_has_just_come_is_waited_for() -> None:
    """It has to say twice that it runs nothing, as the others."""
    retirement = Retirement()
    told = [beats(1, "a"), beats(2, "a", "b"), beats(3, "a", "b")]
    assert [retirement.take(OVER, each) for each in told] == [frozenset(), frozenset(), {OLD}]


@pytest.mark.parametrize(
    ("routed", "work", "due"),
    [
        (Routed.ABSENT, Work.UNKNOWN, False),
        (Routed.INACTIVE, Work.UNKNOWN, True),
        (Routed.INACTIVE, Work.ABSENT, False),
        (Routed.INACTIVE, None, True),
        (Routed.DRAINED, Work.IDLE, True),
        (Routed.DRAINED, Work.ABSENT, False),
        (Routed.CURRENT, Work.IDLE, False),
    ],
)
def test_newest_build_takes_the_new_work_once_a_worker_of_it_has_polled(
    routed: Routed, work: Work | None, due: bool
) -> None:
    """One that was current before, and is asked for again, has to run first."""
    demand = Demand({} if work is None else {"b": work}, 0, 0, 0)
    rollout = replace(OVER, versions={**OVER.versions, NEW: Version(routed)}, demands={**OVER.demands, NEW: demand})
    assert rollout.step == (Step(NEW, 100) if due else None)


@pytest.fixture
def lease(tmp_path: Path) -> Iterator[Lease]:
    """That of the one who leads."""
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    database.migrate()
    leading = Lease(Progress(database), "one", 60.0)
    assert leading.renew()
    yield leading
    database.close()


def test_leader_tells_temporal_and_nobody_else(lease: Lease) -> None:
    """Two could tell it different builds; what is current already is not told again."""
    server, due = Heard(), replace(OVER, versions={**OVER.versions, NEW: Version(Routed.INACTIVE)})
    lease.lose()
    Routing(server, lease).bring([due])
    assert server.asked == []
    assert lease.renew()
    assert Routing(server, lease).bring([due, OVER]) == {}
    assert server.asked == [f"{NEW} of {ENDPOINT} in default takes 100 %"]
    server.refusal = "permission denied"
    assert Routing(server, lease).bring([due]) == {ENDPOINT: "permission denied"}


def looked(server: Heard, rollouts: Rollouts, now: float, *builds: str, **changes: Any) -> Rollout:
    """A look at the endpoint's builds; a pod of each runs."""
    pods = [LivePod(build, build, build, runs=True, build=build) for build in builds]
    heard = {build: [worker(build, int(build == OLD))] for build in builds}
    fresh = {f"of {build}" for build in builds}
    given = {"backlog": 7, "is_heard": True, "fresh": fresh, "spoke": (), **changes}
    look = Look(QueueRecord(ENDPOINT, QUEUE, 2, NEW), builds, pods, heard, **given)
    rollout = rollouts.look(server, look, now)
    assert rollout is not None
    return rollout


def test_each_build_needs_workers_for_its_own_work() -> None:
    """What waits for a build is its version's; what runs is on its own pods."""
    server = Heard(routed={OLD: Version(Routed.DRAINING, backlog=4), NEW: Version(Routed.CURRENT, backlog=1)})
    rollout = looked(server, Rollouts("default"), 0.0, OLD, NEW)
    assert {build: each.wanted for build, each in rollout.demands.items()} == {OLD: 3, NEW: 1}
    assert {build: each.busy for build, each in rollout.demands.items()} == {OLD: 1, NEW: 0}


def test_build_that_is_alone_has_all_that_waits() -> None:
    """Before it takes the new work Temporal counts that for no build, and no worker would come."""
    assert looked(Heard(), Rollouts("default"), 0.0, NEW).demands[NEW].backlog == 7


@pytest.mark.parametrize(("routed", "wanted"), [(Routed.ABSENT, 1), (Routed.INACTIVE, 0), (Routed.CURRENT, 0)])
def test_build_that_temporal_does_not_know_needs_a_worker(routed: Routed, wanted: int) -> None:
    """KEDA would take its first worker away before it has polled, and then nobody would ever make it known."""
    server = Heard(routed={NEW: Version(routed), OLD: Version(Routed.CURRENT)})
    starting = [LivePod("new", "new", "new", runs=False, build=NEW)]
    for pods in (starting, []):
        look = Look(QueueRecord(ENDPOINT, QUEUE, 2, NEW), (OLD, NEW), pods, {"new": []}, (), (), 0, is_heard=True)
        rollout = Rollouts("default").look(server, look, 0.0)
        assert rollout is not None
        assert {build: each.wanted for build, each in rollout.demands.items()} == {OLD: 0, NEW: wanted}


def test_settled_endpoint_is_asked_for_seldom() -> None:
    """Temporal answers 50 such questions a second in a namespace; while something changes each look asks."""
    server, rollouts = Heard(routed={NEW: Version(Routed.CURRENT), OLD: Version(Routed.DRAINING)}), Rollouts("default")
    counts = []
    for now, builds in ((0.0, [NEW]), (5.0, [NEW]), (31.0, [NEW]), (32.0, [OLD, NEW]), (33.0, [OLD, NEW])):
        looked(server, rollouts, now, *builds)
        counts.append(len(server.asked))
    assert counts == [2, 2, 4, 6, 8]


def test_endpoint_without_versions_has_no_builds() -> None:
    """And Temporal is not asked for any."""
    server = Heard()
    look = Look(QueueRecord(ENDPOINT, QUEUE, 2), (), (), {}, (), (), 0, is_heard=True)
    assert (Rollouts("default").look(server, look, 0.0), server.asked) == (None, [])


def test_pods_tell_their_build_by_the_variable_that_workers_read() -> None:
    """Whatever labels the templates give them."""
    pod = live_pod("a")
    env = [{"name": "A", "valueFrom": {}}, {"name": "TEMPORAL_WORKER_BUILD_ID", "value": OLD}]
    pod["spec"] = {"containers": [{"name": "main", "env": env}]}
    assert [each.build for each in live_pods([pod, live_pod("b")])] == [OLD, None]


@pytest.mark.parametrize(
    ("rollout", "status", "reason", "words"),
    [
        (OVER, "True", "Current", f"{OLD} (drained)"),
        (replace(OVER, retired=frozenset({OLD})), "True", "Current", f"{NEW} takes the new work."),
        (replace(OVER, is_heard=False), "True", "Current", "do not tell what they run"),
        (replace(OVER, refusal="no right"), "False", "RefusedByTemporal", "no right"),
        (replace(OVER, versions={**OVER.versions, NEW: Version(Routed.ABSENT)}), "False", "WaitingForWorkers", "100"),
    ],
)
def test_condition_says_which_build_takes_the_work_and_what_is_left(
    rollout: Rollout, status: str, reason: str, words: str
) -> None:
    """And why not, with the limits that Temporal has."""
    condition = rollout.condition()
    assert (condition.status, condition.reason) == (status, reason)
    assert condition.message.endswith(words) if rollout.retired else words in condition.message


def test_what_is_known_of_builds_is_told_until_something_else_is() -> None:
    """A look that brought nothing changes nothing; of a build that was asked for since nothing is known yet."""
    observations = Observations(60.0)
    seen = Observation(ENDPOINT, 0.0, IDLE, Heed.HEARD, rollout=replace(OVER, retired=frozenset({OLD})))
    assert list(observations.publish([ENDPOINT], [seen], {})) == [ENDPOINT]
    assert list(observations.publish([ENDPOINT], [replace(seen, rollout=None)], {})) == []
    assert observations.retired(ENDPOINT) == {OLD}
    told = observations.version(ENDPOINT, NEW)
    assert told is not None
    assert told.reason == "Current"
    later = observations.version(ENDPOINT, "bun_later")
    assert later is not None
    assert (later.status, later.reason) == ("Unknown", "NotSeenYet")
    assert observations.version(ENDPOINT, None) is None
    nobody = Observations().version(ENDPOINT, NEW)
    assert nobody is not None
    assert nobody.reason == "NotObserved"


def test_builds_of_an_endpoint_are_news_when_one_has_no_work_any_more() -> None:
    """The reconciler is told once."""
    observations = Observations(60.0)
    seen = Observation(ENDPOINT, 0.0, IDLE, Heed.HEARD, rollout=OVER)
    over = replace(seen, rollout=replace(OVER, retired=frozenset({OLD})))
    assert [list(observations.publish([ENDPOINT], [each], {})) for each in (seen, seen, over, over)] == [
        [ENDPOINT],
        [],
        [ENDPOINT],
        [],
    ]
