"""The builds of one endpoint as Temporal and their workers tell: which takes the new work, and which has none left.

Temporal says DRAINED of a build although an activity of it still runs. So an older build has no work left only when
nothing of it waits either and its workers run nothing, in two looks one after another between which each of them told
so anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.records.model import Condition

CURRENT_BUILD = "BuildCurrent"


class Routed(Enum):
    """What Temporal does with a build."""

    # None of its workers has ever polled.
    ABSENT = "not there"
    # It has workers, and was never given work.
    INACTIVE = "inactive"
    CURRENT = "current"
    DRAINING = "draining"
    DRAINED = "drained"


# Temporal gives such builds no work.
_WITHOUT = (Routed.ABSENT, Routed.INACTIVE, Routed.DRAINED)


@dataclass(frozen=True)
class Version:
    """What Temporal says of a build.

    Attributes:
        backlog: how many activities wait for it.
    """

    routed: Routed
    backlog: int = 0


@dataclass(frozen=True)
class Rollout:
    """What was seen of an endpoint's builds.

    Attributes:
        wanted: the build that is to take the new work.
        versions: what Temporal says of each build that has objects in the cluster, and of the wanted one.
        demands: what each of them needs.
        retired: the builds that have no work any more.
        is_heard: whether its workers tell what they run; without that no build is known to be idle.
        refusal: why Temporal does not let the wanted one take the new work, if so.
    """

    endpoint_id: str
    namespace: str
    wanted: str
    versions: Mapping[str, Version]
    demands: Mapping[str, Demand]
    retired: frozenset[str] = frozenset()
    is_heard: bool = True
    refusal: str | None = None

    @property
    def is_current(self) -> bool:
        """Whether the wanted build takes the new work."""
        return self.versions[self.wanted].routed is Routed.CURRENT

    @property
    def is_due(self) -> bool:
        """Whether the wanted build can take the new work, and does not yet.

        One that Temporal knows from before has to wait for a worker that runs. Without any pod Temporal decides.
        """
        work = self.demands[self.wanted].work.values()
        runs = not work or any(state is not Work.ABSENT for state in work)
        return runs and self.versions[self.wanted].routed not in (Routed.CURRENT, Routed.ABSENT)

    def is_without_work(self, build: str) -> bool:
        """Whether nothing of a build waits or runs in this look, and nothing new can come; never of the newest one."""
        version, demand = self.versions[build], self.demands[build]
        is_over = self.is_current and version.routed in _WITHOUT
        return is_over and self.is_heard and version.backlog == demand.busy == demand.in_flight == 0

    def condition(self) -> Condition:
        """Whether the newest build takes the new work, and what is left of older ones."""
        if self.refusal is not None:
            return Condition(CURRENT_BUILD, "False", "RefusedByTemporal", self.refusal)
        if not self.is_current:
            return Condition(
                CURRENT_BUILD,
                "False",
                "WaitingForWorkers",
                f"No worker of {self.wanted} is known to Temporal yet, so what took the new work before goes on. If "
                "that lasts, look at what its pods say. By default Temporal takes 100 worker deployments a namespace, "
                "and 100 versions of each.",
            )
        older = sorted(self.versions.keys() - {self.wanted} - self.retired)
        message = f"{self.wanted} takes the new work."
        if older:
            states = ", ".join(f"{build} ({self.versions[build].routed.value})" for build in older)
            message += f" Workers of older builds stay until they have none: {states}."
        if older and not self.is_heard:
            message += " Their workers do not tell what they run, so they are never known to have none."
        return Condition(CURRENT_BUILD, "True", "Current", message)


@dataclass
class Retirement:
    """Which older builds of one endpoint have no work any more, over time."""

    _clean: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _retired: set[str] = field(default_factory=set)

    def take(self, rollout: Rollout, heard: Mapping[str, Iterable[HeardWorker]]) -> frozenset[str]:
        """What a look has shown; the builds that have no work any more.

        Args:
            rollout: the builds as they are now.
            heard: the workers of each build, whose last word holds.
        """
        without = {build for build in rollout.versions if rollout.is_without_work(build)}
        self._retired &= without
        self._clean = {build: beats for build, beats in self._clean.items() if build in without}
        for build in without:
            beats = {worker.key: worker.sent_at for worker in heard[build]}
            first = self._clean.get(build)
            if first is None or beats.keys() - first.keys():
                self._clean[build] = beats
            elif all(sent_at > first[key] for key, sent_at in beats.items()):
                self._retired.add(build)
        return frozenset(self._retired)
