"""A ramp: a new build takes the new work step by step, and what is next follows from what Temporal says alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.rollout import Rollout, Routed, Step, Version
from temporal_endpoints.observing.rollouts import Look, Rollouts
from temporal_endpoints.records.model import QueueRecord, Ramp

from .heard import QUEUE, Heard, pod, worker

ENDPOINT, OLD, NEW, NEWER = "end_1", "bun_old", "bun_new", "bun_newer"
RUNS, ABSENT, NOBODY = Demand({"b": Work.IDLE}, 0, 0, 0), Demand({"b": Work.ABSENT}, 0, 0, 0), Demand({}, 0, 0, 0)
STEPS = Ramp((10, 50), 300)
BEFORE = Version(Routed.CURRENT, was_current=True)


def seen(new: Version, old: Version = BEFORE, *, ramp: Ramp = STEPS, demand: Demand = RUNS) -> Rollout:
    """A new build beside an older one, at the thousandth second."""
    versions = {OLD: old, NEW: new}
    demands = {**dict.fromkeys(versions, RUNS), NEW: demand}
    return Rollout(ENDPOINT, "default", NEW, versions, demands, ramp=ramp, at=1000.0)


def at_step(percent: float, since: float = 900.0, **changes: Any) -> Version:
    """A build that takes such a part of the new work."""
    return Version(Routed.RAMPING, percent=percent, since=since, **changes)


@pytest.mark.parametrize(
    ("rollout", "step"),
    [
        (seen(Version(Routed.ABSENT)), None),
        (seen(Version(Routed.INACTIVE), demand=ABSENT), None),
        (seen(Version(Routed.INACTIVE)), 10),
        (seen(Version(Routed.DRAINED)), 10),
        (seen(at_step(10.0, since=701.0)), None),
        (seen(at_step(10.0, since=700.0)), 50),
        (seen(at_step(50.0, since=700.0)), 100),
        (seen(at_step(10.0, since=0.0), ramp=Ramp((10, 50), 0)), None),
        (seen(Version(Routed.INACTIVE), ramp=Ramp((10, 50), 0)), 10),
        (seen(at_step(10.0, since=0.0), demand=ABSENT), None),
        (seen(at_step(10.0, since=0.0, backlog=1), demand=NOBODY), None),
        (seen(at_step(10.0, since=0.0), demand=NOBODY), 50),
    ],
    ids=[
        "not-known-yet",
        "no-worker-runs",
        "first-step",
        "again-after-another-one",
        "too-early",
        "second-step",
        "all",
        "paused",
        "paused-before-it-began",
        "no-worker-runs-any-more",
        "work-waits-and-nobody-is-there",
        "scaled-to-zero-without-work",
    ],
)
def test_new_build_takes_one_step_after_another(rollout: Rollout, step: int | None) -> None:
    """Each as long as it was asked for, and none while nobody does the work of the one before."""
    assert rollout.step == (None if step is None else Step(NEW, step))


@pytest.mark.parametrize(
    ("rollout", "step"),
    [
        (seen(Version(Routed.INACTIVE), ramp=Ramp()), Step(NEW, 100)),
        (seen(at_step(10.0), ramp=Ramp()), Step(NEW, 100)),
        (seen(Version(Routed.DRAINED, was_current=True)), Step(NEW, 100)),
        (replace(seen(Version(Routed.INACTIVE)), versions={NEW: Version(Routed.INACTIVE)}), Step(NEW, 100)),
        (seen(Version(Routed.INACTIVE), Version(Routed.DRAINED)), Step(NEW, 100)),
    ],
    ids=["no-ramp", "ramp-taken-away", "had-all-before", "first-build", "nobody-is-current"],
)
def test_all_of_the_work_is_taken_at_once_where_there_is_nothing_to_ramp(rollout: Rollout, step: Step) -> None:
    """A build that had all of it before is asked for again because another one is worse."""
    assert rollout.step == step


@pytest.mark.parametrize(
    ("steps", "percent", "step"),
    [((20, 40), 10.0, 20), ((20, 40), 50.0, 40), ((5,), 10.0, 5), ((5, 10, 60), 10.0, None), ((10,), 33.3, 10)],
)
def test_share_is_always_a_step(steps: tuple[int, ...], percent: float, step: int | None) -> None:
    """Also when other steps are asked for in the middle of it, or somebody else changes it; not above what it was."""
    rollout = seen(at_step(percent, since=999.0), ramp=Ramp(steps, 0))
    assert rollout.step == (None if step is None else Step(NEW, step))


def test_newer_build_takes_the_place_of_one_that_is_ramping() -> None:
    """What was ramping stays at its step until the newer one can take one; Temporal has one ramp at a time."""
    ramping = seen(at_step(10.0, since=0.0))
    for newer, step in ((Version(Routed.ABSENT), None), (Version(Routed.INACTIVE), Step(NEWER, 10))):
        versions, demands = {**ramping.versions, NEWER: newer}, {**ramping.demands, NEWER: RUNS}
        rollout = replace(ramping, wanted=NEWER, versions=versions, demands=demands)
        assert rollout.step == step
        assert step is None or replace(rollout, ramp=Ramp()).step == Step(NEWER, 100)


def test_rollback_ends_the_ramp() -> None:
    """The build before it has been current all the time, whether its workers run at this moment or not."""
    back = replace(seen(at_step(50.0)), wanted=OLD)
    assert back.step == Step(NEW, 0)
    assert (back.condition().status, back.condition().reason) == ("False", "RampEnding")
    assert replace(back, demands={OLD: ABSENT, NEW: RUNS}).step == Step(NEW, 0)


@pytest.mark.parametrize(
    ("rollout", "reason", "words"),
    [
        (seen(at_step(10.0)), "Ramping", "takes 10 % of the new work since 1970-01-01T00:15:00+00:00. After 300 s it"),
        (seen(at_step(50.0)), "Ramping", "After 300 s it takes 100 %."),
        (seen(at_step(10.0), ramp=Ramp((10,), 0)), "RampPaused", "while ramp_seconds is 0"),
        (seen(at_step(10.0), demand=ABSENT), "RampWaitingForWorkers", "or roll back"),
        (replace(seen(at_step(10.0)), refusal="no right"), "RefusedByTemporal", "no right"),
    ],
)
def test_condition_says_the_step(rollout: Rollout, reason: str, words: str) -> None:
    """And why it stays, and what comes next; it is the same in each look, or each look would be an event."""
    condition = rollout.condition()
    assert (condition.status, condition.reason) == ("False", reason)
    assert words in condition.message
    assert replace(rollout, at=rollout.at + 1).condition() == condition


class Ramping:
    """Looks at an endpoint with two builds, each by a process that has just started."""

    def __init__(self, *steps: int) -> None:
        self.server = Heard(routed={OLD: BEFORE, NEW: Version(Routed.INACTIVE)})
        self.queue = QueueRecord(ENDPOINT, QUEUE, 1, NEW, Ramp(steps, 300))

    def look(self, now: float, wanted: str = NEW) -> Rollout:
        """What is seen, after what is due was done."""
        self.server.now = now
        pods = [replace(pod(build), build=build) for build in self.server.routed]
        heard = {build: [worker(build)] for build in self.server.routed}
        fresh = {f"of {build}" for build in self.server.routed}
        look = Look(
            replace(self.queue, build=wanted), list(self.server.routed), pods, heard, fresh, (), 0, is_heard=True
        )
        rollout = Rollouts("default", clock=lambda: now).look(self.server, look, now)
        assert rollout is not None
        if rollout.step is not None:
            self.server.route("default", ENDPOINT, rollout.step)
        return rollout

    @property
    def routed(self) -> dict[str, str]:
        """What Temporal does with each build."""
        return {build: f"{each.routed.value} {each.percent:g}" for build, each in self.server.routed.items()}


def test_whoever_leads_goes_on_where_another_one_has_ended() -> None:
    """Nothing of a ramp is kept but what Temporal keeps: steps are neither begun again nor left out."""
    here = Ramping(10, 50)
    shares = []
    for now in (0.0, 5.0, 299.0, 300.0, 305.0, 599.0, 600.0, 900.0):
        here.look(now)
        shares.append(here.routed[NEW])
    assert shares == ["ramping 10"] * 3 + ["ramping 50"] * 3 + ["current 0"] * 2
    assert here.routed[OLD] == "draining 0"


def test_newer_build_and_rollback_in_the_middle_leave_no_ramp_behind() -> None:
    """Whatever order they come in, the build that is asked for has all of the new work in the end."""
    here = Ramping(10)
    here.look(0.0)
    here.server.routed[NEWER] = Version(Routed.INACTIVE)
    here.look(5.0, NEWER)
    assert here.routed == {OLD: "current 0", NEW: "draining 0", NEWER: "ramping 10"}
    here.look(10.0, OLD)
    assert here.routed == {OLD: "current 0", NEW: "draining 0", NEWER: "draining 0"}
    here.look(15.0, NEW)
    here.queue = replace(here.queue, ramp=Ramp())
    for now in (20.0, 25.0):
        here.look(now, NEWER)
    assert here.routed == {OLD: "draining 0", NEW: "draining 0", NEWER: "current 0"}
