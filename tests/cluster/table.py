"""The figures of runs as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .scale_in import Case
from .trace import Trace

HEAD = """\
| seed | slots | activities | scaled by | done | cut short | busy pods stopped | pod-seconds | all done | no pod left |
|---|---|---|---|---|---|---|---|---|---|
"""


def table(cases: Sequence[Case], runs: Iterable[tuple[Trace, Trace]]) -> str:
    """A line for each run, by backlog alone and with the busy workers, and the sums of both."""
    pairs = list(runs)
    lines = [
        _line(f"{case.seed} | {case.slots} | {case.activities}", way, [trace])
        for case, pair in zip(cases, pairs, strict=False)
        for way, trace in zip(("backlog", "busy workers"), pair, strict=True)
    ]
    lines.append(_line("all | | ", "backlog", [alone for alone, _ in pairs]))
    lines.append(_line("all | | ", "busy workers", [run for _, run in pairs]))
    return HEAD + "".join(lines)


def _line(case: str, way: str, traces: Sequence[Trace]) -> str:
    done = f"{sum(trace.done for trace in traces)} of {sum(trace.activities for trace in traces)}"
    sums = [sum(trace.cut for trace in traces), sum(trace.busy_stopped for trace in traces)]
    pod_seconds = round(sum(trace.pod_seconds for trace in traces))
    [last, zero] = [_seconds(traces[0].all_done), _seconds(traces[0].zero)] if len(traces) == 1 else ["", ""]
    return f"| {case} | {way} | {done} | {sums[0]} | {sums[1]} | {pod_seconds} | {last} | {zero} |\n"


def _seconds(moment: float | None) -> str:
    return "never" if moment is None else f"{moment:.0f} s"
