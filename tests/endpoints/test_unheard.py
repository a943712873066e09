"""What has left the backlog counts until every worker that may have taken it has said something since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temporal_endpoints.observing.demand import demand
from temporal_endpoints.observing.heartbeats import LONGEST_PATIENCE
from temporal_endpoints.observing.unheard import Unheard

from .heard import QUEUE, pod, worker


@dataclass
class Looks:
    """One endpoint whose workers have a slot each; `absent` pods run nothing yet."""

    absent: Collection[str] = ()
    unheard: Unheard = field(default_factory=Unheard)
    now: float = 0.0

    def wanted(self, backlog: int, *, spoke: str = "", seconds: float = 5.0, **activities: int) -> int:
        """How many workers are wanted after the next look, with what each worker says that it runs."""
        self.now += seconds
        pods = [pod(name, runs=name not in self.absent) for name in activities]
        workers = [worker(name, count) for name, count in activities.items() if name not in self.absent]
        fresh = {each.key for each in workers}
        seen = demand(pods, workers, fresh, task_queue=QUEUE, backlog=backlog, per_worker=1)
        return self.unheard.take("queue", seen, spoke.split(), 1, self.now).wanted


def test_activity_that_was_just_taken_is_wanted_for() -> None:
    """The first of three workers has begun one, says so later, and the others are not there yet."""
    looks = Looks(absent=("two", "three"))
    assert looks.wanted(3, one=0, two=0, three=0) == 3
    assert looks.wanted(2, spoke="one", one=0, two=0, three=0) == 3
    assert looks.wanted(2, one=0, two=0, three=0) == 3
    assert looks.wanted(2, spoke="one", one=1, two=0, three=0) == 3


def test_nothing_is_held_once_all_have_spoken() -> None:
    """What has left is told by heartbeats then, or has ended."""
    looks = Looks()
    assert looks.wanted(2, one=0, two=0) == 2
    assert looks.wanted(0, one=0, two=0) == 2
    assert looks.wanted(0, spoke="one", one=1, two=0) == 2
    assert looks.wanted(0, spoke="two", one=1, two=0) == 1
    assert looks.wanted(0, spoke="one", one=0, two=0) == 0


def test_word_that_may_be_older_than_what_was_taken_does_not_count() -> None:
    """What waits for a build is read after the workers: one may have spoken in between, and begun after that."""
    looks = Looks(unheard=Unheard(is_read_last=True))
    assert looks.wanted(1, one=0) == 1
    assert looks.wanted(0, one=0) == 1
    assert looks.wanted(0, spoke="one", one=0) == 1
    assert looks.wanted(0, spoke="one", one=1) == 1
    assert looks.wanted(0, spoke="one", one=0) == 0


def test_pod_that_is_gone_is_not_waited_for() -> None:
    """Whatever it had taken waits again, and is seen."""
    looks = Looks()
    assert looks.wanted(2, one=0, two=0) == 2
    assert looks.wanted(0, one=0, two=0) == 2
    assert looks.wanted(0, spoke="one", one=0) == 0


def test_worker_that_never_speaks_is_not_waited_for_without_end() -> None:
    """It counts as busy by itself, and so do not all that ever waited."""
    looks = Looks()
    assert looks.wanted(9, one=0) == 9
    assert looks.wanted(0, one=0) == 9
    assert looks.wanted(0, one=0, seconds=LONGEST_PATIENCE) == 9
    assert looks.wanted(0, one=0) == 0


def test_no_more_is_wanted_than_before_while_a_backlog_shrinks() -> None:
    """What the workers say that they run by now is not counted twice, and short activities that ended do not add up."""
    looks = Looks()
    assert looks.wanted(100, one=0) == 100
    assert [looks.wanted(backlog, spoke="one", one=1) for backlog in (90, 80, 70)] == [100, 91, 81]
    assert looks.wanted(70, spoke="one", one=1) == 71


def test_queue_without_workers_holds_nothing() -> None:
    """Nobody has taken what is gone: it was cancelled, or its time was over."""
    looks = Looks(absent=("one",))
    assert looks.wanted(5, one=0) == 5
    assert looks.wanted(0, one=0) == 0


def test_forgotten_queue_begins_anew() -> None:
    """As of an endpoint that was deleted and made again."""
    looks = Looks()
    looks.wanted(5, one=0)
    looks.unheard.keep([])
    assert looks.wanted(0, one=0) == 0


@pytest.mark.parametrize("spoke", ["", "one"])
@given(backlogs=st.lists(st.integers(0, 9), min_size=1), runs=st.integers(0, 3))
def test_never_less_than_what_is_seen_is_wanted_nor_more_than_was_seen_before(
    spoke: str, backlogs: list[int], runs: int
) -> None:
    """Whatever comes and goes."""
    looks, most = Looks(), 0
    for backlog in backlogs:
        most = max(most, backlog + runs)
        assert backlog + runs <= looks.wanted(backlog, spoke=spoke, one=runs) <= most
