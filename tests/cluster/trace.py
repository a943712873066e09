"""What one endpoint's workers did from the moment at which its load came, from their notes and the kubelet's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self


class Span(NamedTuple):
    """From when to when, in seconds since the load came; no end while it goes on."""

    begin: float
    end: float | None

    def holds(self, moment: float) -> bool:
        """Whether it goes on at that moment."""
        return self.begin <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True)
class Work:
    """One attempt of an activity; `is_cut` if it ended before it was done."""

    pod: str
    span: Span
    is_cut: bool


@dataclass(frozen=True)
class Trace:
    """One run.

    Attributes:
        title: what it shows.
        activities: how many there were.
        seconds: how long it was looked at.
        pods: the life of each pod.
        stops: when each pod was told to stop.
        work: every attempt of an activity.
        done: how many activities have ended.
        faults: what happened from outside, and when.
    """

    title: str
    activities: int
    seconds: float
    pods: Mapping[str, Span]
    stops: Mapping[str, float]
    work: Sequence[Work]
    done: int
    faults: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        title: str,
        activities: int,
        begin: float,
        end: float,
        notes: Iterable[Mapping[str, Any]],
        steps: Iterable[Mapping[str, Any]],
    ) -> Self:
        """From the notes of workers and the steps of the kubelet, both of this endpoint alone."""
        times: dict[str, dict[str, float]] = {"start": {}, "ending": {}, "ended": {}}
        for step in steps:
            times.get(step["what"], {}).setdefault(str(step["pod"]), step["time"] - begin)
        pods = {pod: Span(start, times["ended"].get(pod)) for pod, start in times["start"].items()}
        begun: dict[tuple[str, int, int], tuple[str, float]] = {}
        work: list[Work] = []
        ended: set[str] = set()
        for note in notes:
            if note["what"] not in ("begin", "end", "cut short"):
                continue
            key, now = (note["workflow"], note["attempt"], note["process"]), note["time"] - begin
            if note["what"] == "begin":
                begun[key] = (note["pod"], now)
            else:
                pod, start = begun.pop(key)
                work.append(Work(pod, Span(start, now), note["what"] == "cut short"))
                if note["what"] == "end":
                    ended.add(note["workflow"])
        for pod, start in begun.values():
            # What was killed with its pod could note nothing more.
            death = pods[pod].end if pod in pods else None
            work.append(Work(pod, Span(start, death), death is not None))
        return cls(title, activities, end - begin, pods, times["ending"], work, len(ended))

    @property
    def cut(self) -> int:
        """How many attempts were cut short."""
        return sum(work.is_cut for work in self.work)

    @property
    def busy_stopped(self) -> int:
        """How many pods were told to stop while they ran an activity."""
        return sum(self.is_busy(pod, moment) for pod, moment in self.stops.items())

    @property
    def pod_seconds(self) -> float:
        """How long all pods lived together."""
        return sum((self.seconds if span.end is None else span.end) - span.begin for span in self.pods.values())

    @property
    def all_done(self) -> float | None:
        """When the last activity had ended; none if one has not."""
        ends = [work.span.end for work in self.work if work.span.end is not None and not work.is_cut]
        return max(ends) if self.done == self.activities else None

    @property
    def zero(self) -> float | None:
        """When the last pod was gone; none if one is there, or if work is left for which another one must come."""
        ends = [span.end for span in self.pods.values()]
        gone = [end for end in ends if end is not None]
        return max(gone) if self.done == self.activities and len(gone) == len(ends) else None

    def is_busy(self, pod: str, moment: float) -> bool:
        """Whether the pod runs an activity at that moment."""
        return any(work.pod == pod and work.span.holds(moment) for work in self.work)

    def living(self, moment: float) -> int:
        """How many pods there are at that moment."""
        return sum(span.holds(moment) for span in self.pods.values())

    def busy(self, moment: float) -> int:
        """How many of them run an activity."""
        return sum(self.is_busy(pod, moment) for pod, span in self.pods.items() if span.holds(moment))

    def waiting(self, moment: float) -> int:
        """How many activities neither run nor have ended: the backlog, and what waits to be tried again."""
        running = sum(work.span.holds(moment) for work in self.work)
        over = sum(not work.is_cut and work.span.end is not None and work.span.end <= moment for work in self.work)
        return max(self.activities - running - over, 0)
