"""A trace counts what was cut short and who was stopped at work, whatever a killed worker could not note any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from .picture import picture
from .scale_in import Case
from .table import table
from .trace import Trace

BEGIN = 1000.0


def note(what: str, second: float, pod: str, workflow: str, attempt: int = 1) -> dict[str, Any]:
    """What a worker notes."""
    return {
        "what": what,
        "time": BEGIN + second,
        "pod": pod,
        "workflow": workflow,
        "attempt": attempt,
        "process": hash(pod),
    }


def step(what: str, second: float, pod: str) -> dict[str, Any]:
    """What the kubelet notes."""
    return {"what": what, "time": BEGIN + second, "pod": pod}


STEPS = [
    step("start", 1, "idle"),
    step("start", 1, "cancelled"),
    step("start", 2, "killed"),
    step("ending", 10, "idle"),
    step("ending", 10, "cancelled"),
    step("ending", 12, "killed"),
    step("ended", 11, "idle"),
    step("ended", 15, "cancelled"),
    step("ended", 17, "killed"),
    step("start", 20, "second"),
]
NOTES = [
    note("begin", 2, "idle", "a"),
    note("begin", 2, "cancelled", "b"),
    note("begin", 3, "killed", "c"),
    note("end", 9, "idle", "a"),
    note("cut short", 14, "cancelled", "b"),
    note("begin", 21, "second", "b", 2),
    note("end", 25, "second", "b", 2),
    note("begin", 26, "second", "c", 2),
]
TRACE = Trace.of("Three of them", 3, BEGIN, BEGIN + 30, NOTES, STEPS)


def test_what_was_cut_is_counted() -> None:
    """One that was cancelled, and one that was killed with its pod; not the one that still runs."""
    assert TRACE.cut == 2
    assert TRACE.busy_stopped == 2
    assert (TRACE.done, TRACE.all_done, TRACE.zero) == (2, None, None)


def test_pods_cost_what_they_lived() -> None:
    """10 + 14 + 15 s of those that ended, and 10 s of the one that is there."""
    assert TRACE.pod_seconds == pytest.approx(49)


@pytest.mark.parametrize(
    ("moment", "living", "busy", "waiting"),
    [(0, 0, 0, 3), (5, 3, 3, 0), (9.5, 3, 2, 0), (16, 1, 1, 1), (18, 0, 0, 2), (20.5, 1, 0, 2), (27, 1, 1, 0)],
)
def test_moments_are_told(moment: float, living: int, busy: int, waiting: int) -> None:
    """Pods, those that work, and activities that wait, also for another attempt."""
    assert (TRACE.living(moment), TRACE.busy(moment), TRACE.waiting(moment)) == (living, busy, waiting)


def test_end_is_the_last_pods() -> None:
    """Once all is done and nobody is left."""
    notes = [*NOTES, note("end", 29, "second", "c", 2)]
    trace = Trace.of(
        "All", 3, BEGIN, BEGIN + 40, notes, [*STEPS, step("ending", 31, "second"), step("ended", 32, "second")]
    )
    assert (trace.done, trace.all_done, trace.zero, trace.busy_stopped) == (3, 29, 32, 2)


def test_picture_marks_what_was_cut() -> None:
    """It is XML, with a cross for each, one in the legend, and a line with its name for a fault."""
    trace = replace(TRACE, faults={"KEDA is killed": 12.5})
    drawn = ElementTree.fromstring(picture([trace], "a & b"))  # noqa: S314 - of our own
    marks = [path for path in drawn.iter("{http://www.w3.org/2000/svg}path") if path.get("stroke") == "#c00020"]
    assert sum(mark.get("stroke-dasharray") is None for mark in marks) == trace.cut + 1
    assert "KEDA is killed" in "".join(drawn.itertext())


def test_table_has_both_ways_and_their_sums() -> None:
    """A line for each, then one for all of each."""
    lines = table([Case(1, 1), Case(2, 2)], [(TRACE, TRACE), (TRACE, TRACE)]).splitlines()
    assert lines[2] == "| 1 | 1 | 14 | backlog | 2 of 3 | 2 | 2 | 49 | never | never |"
    assert lines[-1] == "| all | |  | busy workers | 4 of 6 | 4 | 4 | 98 |  |  |"
    assert {line.count("|") for line in lines} == {11}
