"""What somebody else changes in Temporal is noticed and told, and goes back to what is asked of the endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from temporal_endpoints.commands.printing import reason_of
from temporal_endpoints.observing.by_hand import ByHand
from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.protection import Heed, Observation
from temporal_endpoints.observing.rollout import Rollout, Routed, Routes, Step, Version
from temporal_endpoints.observing.rollouts import Look, Rollouts
from temporal_endpoints.records.model import Condition, QueueRecord, Ramp

from .heard import QUEUE, Heard, pod, worker
from .test_status import RUNS
from .test_status import seen as reported

ENDPOINT, OLD, NEW, STRAY = "end_1", "bun_old", "bun_new", "bun_stray"
ADA = "temporal-cli:ada@desk"
IDLE = Demand({"a": Work.IDLE}, 0, 0, 0)


class Here:
    """An endpoint with two builds, the newer of which takes 10 % of the new work until something else is asked for."""

    def __init__(self, *steps: int) -> None:
        self.server = Heard(routed={OLD: Version(Routed.CURRENT, was_current=True), NEW: Version(Routed.INACTIVE)})
        self.queue = QueueRecord(ENDPOINT, QUEUE, 1, NEW, Ramp(steps or (10, 50), 0))
        self.rollouts = Rollouts("default")
        self.now = 0.0
        self.builds = [OLD, NEW]

    def look(self, seconds: float = 5.0, *, leads: bool = True) -> Rollout:
        """What is seen after so long; what is due is done by the one who leads."""
        self.now += seconds
        pods = [replace(pod(build), build=build) for build in self.builds]
        heard = {build: [worker(build)] for build in self.builds}
        fresh = {f"of {build}" for build in self.builds}
        look = Look(self.queue, self.builds, pods, heard, fresh, (), 0, is_heard=True)
        rollout = self.rollouts.look(self.server, look, self.now)
        assert rollout is not None
        if leads and rollout.step is not None:
            self.server.route("default", ENDPOINT, rollout.step)
        return rollout

    def told(self, **how: Any) -> tuple[str, str]:
        """The reason and the message of what is told after a look; empty if nothing is."""
        condition = self.look(**how).by_hand
        return ("", "") if condition is None else (condition.reason, condition.message)

    def change(self, build: str, percent: float, by: str = ADA) -> None:
        """Let somebody else give a build a part of the new work, or all of it."""
        self.server.route("default", ENDPOINT, Step(build, int(percent)))
        self.server.changed_by = by

    @property
    def shares(self) -> dict[str, str]:
        """What Temporal does with each build."""
        return {build: f"{each.routed.value} {each.percent:g}" for build, each in self.server.routed.items()}


@pytest.fixture
def ramping() -> Here:
    """Looked at until the newer build takes 10 %."""
    here = Here()
    assert [here.told() for _ in range(3)] == [("", "")] * 3
    assert here.shares == {OLD: "current 0", NEW: "ramping 10"}
    return here


def test_own_changes_are_nobody_elses() -> None:
    """A whole ramp, an end of it and a rollback; also for a replica that does not lead and sees another one do it."""
    follower = Here()
    leader = Here(10)
    leader.server = follower.server
    for here in (leader, follower):
        here.queue = replace(here.queue, ramp=Ramp((10,), 1))
    for wanted in (NEW, NEW, NEW, NEW, OLD, OLD):
        leader.queue, follower.queue = (replace(here.queue, build=wanted) for here in (leader, follower))
        assert leader.told() == ("", "")
        assert follower.told(leads=False) == ("", "")


def test_percentage_that_is_set_by_hand_is_told_and_goes_back_to_a_step(ramping: Here) -> None:
    """By whom, from what to what, and where to ask for it; the share is the largest step that is not above it."""
    ramping.change(NEW, 70)
    reason, message = ramping.told()
    assert reason == "RampChangedByHand"
    assert message.startswith(f"{ADA} set the ramp to 70 % for {NEW}, where it was 10 % for {NEW}. ")
    assert "`temporal-endpoints update` with --ramp" in message
    assert ramping.shares[NEW] == "ramping 50"


def test_ramp_that_is_taken_away_by_hand_begins_again(ramping: Here) -> None:
    """At its first step: what is asked of the endpoint is a ramp."""
    ramping.change(NEW, 0)
    assert "set the ramp to none, where it was 10 % for bun_new" in ramping.told()[1]
    assert ramping.shares[NEW] == "ramping 10"


def test_ramp_that_is_given_to_an_older_build_by_hand_comes_back(ramping: Here) -> None:
    """And the older build is kept while it takes new work."""
    ramping.builds = [OLD, NEW, STRAY]
    ramping.server.routed[STRAY] = Version(Routed.DRAINED, was_current=True)
    ramping.look()
    ramping.change(STRAY, 30)
    seen = ramping.look()
    assert seen.by_hand is not None
    assert "set the ramp to 30 % for bun_stray, where it was 10 % for bun_new" in seen.by_hand.message
    assert STRAY not in seen.retired
    assert ramping.shares == {OLD: "current 0", NEW: "ramping 10", STRAY: "draining 0"}


def test_current_build_that_is_set_by_hand_is_set_back() -> None:
    """As docs/versions.md says: which build is current follows from the record."""
    here = Here(10)
    here.queue = replace(here.queue, ramp=Ramp())
    here.look()
    here.look()
    assert here.shares == {OLD: "draining 0", NEW: "current 0"}
    here.change(OLD, 100)
    reason, message = here.told()
    assert (reason, f"{ADA} gave the new work to {OLD}, where it went to {NEW}. " in message) == (
        "CurrentChangedByHand",
        True,
    )
    assert here.shares == {OLD: "draining 0", NEW: "current 0"}


def test_ramp_that_is_ended_by_hand_is_told_as_what_it_is(ramping: Here) -> None:
    """The newer build has all of the new work then, and stays."""
    ramping.change(NEW, 100)
    reason, message = ramping.told()
    assert reason == "CurrentChangedByHand"
    assert message.startswith(f"{ADA} gave the new work to {NEW}, where it went to {OLD}. The control plane sets back ")
    assert ramping.look().is_current


def test_two_changes_between_two_looks_are_told_in_one_message(ramping: Here) -> None:
    """Of the one who made the last of them."""
    ramping.change(STRAY, 100)
    ramping.change(OLD, 30)
    reason, message = ramping.told()
    assert reason == "RampChangedByHand"
    assert f"gave the new work to {STRAY}, where it went to {OLD}, and set the ramp to 30 % for {OLD}, where" in message


@pytest.mark.parametrize(("build", "name"), [(STRAY, STRAY), ("", "workers without versions")])
def test_ramp_to_a_build_without_objects_is_taken_off(build: str, name: str) -> None:
    """Nobody may poll for it, and what it is given would wait; the endpoint is asked seldom, and then soon again."""
    here = Here()
    here.builds, here.server.routed = [NEW], {NEW: Version(Routed.CURRENT, was_current=True)}
    here.look()
    here.change(build, 20)
    assert here.look(5.0).step is None
    seen = here.look(30.0)
    assert seen.step == Step(build, 0)
    assert f"except for a part that goes to {name}. That ramp ends now." in seen.condition().message
    assert seen.by_hand is not None
    assert f"set the ramp to 20 % for {name}, where it was none" in seen.by_hand.message
    after = here.look(5.0)
    assert (after.step, after.condition().reason, after.by_hand) == (None, "Current", seen.by_hand)


def test_ramp_to_a_build_without_objects_is_taken_off_while_the_new_one_has_no_workers(ramping: Here) -> None:
    """Whereas one that has objects stays where it is until then."""
    newer = "bun_newer"
    ramping.queue = replace(ramping.queue, build=newer)
    assert ramping.look().step is None
    ramping.change(STRAY, 20)
    assert ramping.look().step == Step(STRAY, 0)


def test_it_is_told_for_an_hour_in_the_same_words(ramping: Here) -> None:
    """So that somebody sees it although it is set back at once, and no look is an event."""
    ramping.change(NEW, 70)
    told = [ramping.told(seconds=seconds) for seconds in (5.0, 5.0, 3590.0)]
    assert told == [told[0]] * 3
    assert ramping.told(seconds=10.0) == ("", "")


def test_what_was_changed_before_the_first_look_is_not_told() -> None:
    """A control plane that has just started does not know what was so before."""
    here = Here()
    here.change(NEW, 70)
    assert [here.told() for _ in range(2)] == [("", "")] * 2


def test_change_of_something_else_by_somebody_else_is_not_told(ramping: Here) -> None:
    """Who has deleted a version is the last one to change anything, and yet the step is the control plane's."""
    ramping.server.changed_by = ADA
    assert ramping.told() == ("", "")
    ramping.queue = replace(ramping.queue, ramp=Ramp((10, 50), 1))
    assert ramping.look().step == Step(NEW, 50)
    ramping.server.changed_by = ADA
    assert ramping.told() == ("", "")


def test_names_that_nothing_can_keep_are_told_as_far_as_they_can() -> None:
    """Whoever may set a ramp can call himself anything."""
    by_hand, routes = ByHand(), Routes(NEW)
    rollout = Rollout(ENDPOINT, "default", NEW, {NEW: Version(Routed.CURRENT)}, {NEW: IDLE}, routes=routes)
    by_hand.take(rollout, 0.0)
    told = by_hand.take(replace(rollout, routes=Routes(NEW, "b\0d\n", 5.0, "\x1b" * 2000)), 1.0)
    assert told is not None
    assert told.message.startswith(f"{'?' * 100} set the ramp to 5 % for b?d?, where it was none. ")


CHANGED = Condition("ChangedByHand", "True", "RampChangedByHand", "Ada did.")


def test_it_keeps_nobody_from_being_ready() -> None:
    """It is told beside the rest, as something to know of."""
    report = reported(RUNS, version=Condition("BuildCurrent", "True", "Current", ""), by_hand=CHANGED)
    assert (report.status, report.conditions[-1]) == ("READY", CHANGED)
    assert CHANGED.is_warning
    answer = {"status": "READY", "conditions": [vars(each) for each in report.conditions]}
    assert reason_of(answer) == "RampChangedByHand"


def test_it_is_news_for_the_reconciler() -> None:
    """Also where nothing else that is told has changed, and once."""
    observations = Observations(60.0)
    rollout = Rollout(ENDPOINT, "default", NEW, {NEW: Version(Routed.CURRENT)}, {NEW: IDLE})
    seen = [replace(rollout, by_hand=by_hand) for by_hand in (None, None, CHANGED, CHANGED, None)]
    looks = [Observation(ENDPOINT, 0.0, IDLE, Heed.HEARD, rollout=each) for each in seen]
    assert observations.by_hand(ENDPOINT) is None
    news = [bool(observations.publish([ENDPOINT], [each], {})) for each in looks[:4]]
    assert news == [True, False, True, False]
    assert observations.by_hand(ENDPOINT) == CHANGED
    assert list(observations.publish([ENDPOINT], looks[4:], {})) == [ENDPOINT]
