"""Heartbeats are fresh only while they change; a pod that was never heard is silent only after long enough."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from temporal_endpoints.observing.heartbeats import HeardWorker, Heartbeats
from temporal_endpoints.observing.silence import SILENT_SECONDS, Silence

from .heard import worker

# After so long Temporal lists no worker that is gone; measured: 353 s.
LISTED_SECONDS = 360


def looks(*steps: tuple[float, Sequence[HeardWorker]]) -> list[frozenset[str]]:
    """What is fresh after each look, at these seconds."""
    heartbeats = Heartbeats()
    return [heartbeats.take(workers, now) for now, workers in steps]


def test_worker_that_is_there_from_the_start_is_fresh_once_its_heartbeat_changes() -> None:
    """It may be gone for minutes when one begins to look."""
    before, after = [worker("a", beat=1)], [worker("a", beat=2)]
    assert looks((0, before), (5, before), (10, after)) == [set(), set(), {"of a"}]


def test_worker_that_comes_between_two_looks_is_fresh() -> None:
    """It was not listed, and so it has begun since."""
    assert looks((0, []), (5, [worker("a")]))[-1] == {"of a"}


def test_worker_that_comes_after_a_long_pause_is_not() -> None:
    """It may have begun and ended since."""
    assert looks((0, []), (100, [worker("a")]))[-1] == set()


def test_heartbeat_is_fresh_for_three_of_its_intervals() -> None:
    """Those that a worker itself says; the longest where it says none."""
    quick, slow = worker("a", interval=5.0), worker("b", interval=60.0)
    ages = looks((0, []), *((float(now), [quick, slow]) for now in (5, 10, 15, 20, 25, 180, 190)))
    assert [sorted(fresh) for fresh in ages[1:]] == [["of a", "of b"]] * 4 + [["of b"]] * 2 + [[]]


def test_worker_that_a_list_leaves_out_once_is_not_new_afterwards() -> None:
    """It is gone: nothing that it said has changed."""
    steps = [(0.0, [worker("a")]), (5.0, []), (10.0, [worker("a")])]
    assert looks(*steps)[-1] == set()


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 400), st.booleans()), max_size=20))
def test_worker_that_is_gone_is_never_fresh(steps: list[tuple[float, bool]]) -> None:
    """However often it is listed or left out while the server still knows of it, if it was there at the first look."""
    heartbeats, now = Heartbeats(), 0.0
    assert heartbeats.take([worker("gone")], now) == set()
    for seconds, is_listed in steps:
        now += seconds
        assert heartbeats.take([worker("gone")] if is_listed and now <= LISTED_SECONDS else [], now) == set()


@pytest.fixture
def silence() -> Silence:
    """Nobody was heard yet."""
    return Silence()


def run(silence: Silence, until: float, *, heard: set[str] | None = None, start: float = 0.0) -> None:
    """One pod runs, seen every five seconds."""
    now = start
    while now <= until:
        silence.take({"pod"}, heard or set(), now)
        now += 5


def test_pod_is_silent_when_it_could_have_been_heard(silence: Silence) -> None:
    """After three of the longest intervals, and not before."""
    run(silence, SILENT_SECONDS - 5)
    assert not silence.is_silent("pod", SILENT_SECONDS - 5)
    run(silence, SILENT_SECONDS, start=SILENT_SECONDS)
    assert silence.is_silent("pod", SILENT_SECONDS)


def test_pod_that_was_heard_once_is_never_silent(silence: Silence) -> None:
    """After a restart of Temporal nothing is listed: that is unknown, and no sign of an old SDK."""
    run(silence, 5, heard={"pod"})
    run(silence, 10 * SILENT_SECONDS, start=10)
    assert silence.was_heard("pod")
    assert not silence.is_silent("pod", 10 * SILENT_SECONDS)


def test_time_in_which_nobody_looked_does_not_count(silence: Silence) -> None:
    """Temporal was away, so nobody could be heard."""
    run(silence, 100)
    silence.take({"pod"}, set(), 100 + SILENT_SECONDS)
    assert not silence.is_silent("pod", 100 + SILENT_SECONDS)


def test_pod_that_ended_is_forgotten(silence: Silence) -> None:
    """Another one of its uid never comes."""
    run(silence, 5, heard={"pod"})
    silence.take(set(), set(), 10)
    assert not silence.was_heard("pod")
