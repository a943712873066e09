"""The builds of one endpoint as Temporal and their workers tell: which takes the new work, and which has none left.

Temporal says DRAINED of a build although an activity of it still runs. So an older build has no work left only when
nothing of it waits either and its workers run nothing, in two looks one after another between which each of them told
so anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.records.model import ALL_AT_ONCE, Condition, Ramp

CURRENT_BUILD = "BuildCurrent"


class Routed(Enum):
    """What Temporal does with a build."""

    # None of its workers has ever polled.
    ABSENT = "not there"
    # It has workers, and was never given work.
    INACTIVE = "inactive"
    CURRENT = "current"
    # It takes a part of the new work beside the current one.
    RAMPING = "ramping"
    DRAINING = "draining"
    DRAINED = "drained"


_ALL = 100
# Temporal gives such builds no work.
_WITHOUT = (Routed.ABSENT, Routed.INACTIVE, Routed.DRAINED)


@dataclass(frozen=True)
class Version:
    """What Temporal says of a build.

    Attributes:
        backlog: how many activities wait for it.
        percent: which part of the new work it takes while it is ramping.
        since: when that was changed last, in seconds since 1970.
        was_current: whether it ever had all of the new work.
    """

    routed: Routed
    backlog: int = 0
    percent: float = 0.0
    since: float = 0.0
    was_current: bool = False


class Step(NamedTuple):
    """What Temporal is to be told: this build takes that part of the new work, 100 or 0 percent among them."""

    build: str
    percent: int


_LONGEST_NAME = 100


def name_of(build: str) -> str:
    """A build as people are told of it; Temporal calls workers without versions by an empty name."""
    return shown(build) or "workers without versions"


def shown(name: str) -> str:
    """A name that anybody may have given in Temporal, as a message can have it: not every database keeps all of it."""
    return "".join(each if each.isprintable() else "?" for each in name[:_LONGEST_NAME])


@dataclass(frozen=True)
class Routes:
    """Where Temporal sends the new work of a worker deployment.

    Attributes:
        current: the build that takes all that the ramping one does not.
        ramping: the build that takes a part of it, if there is a ramp.
        percent: which part.
        changed_by: who changed anything of the deployment last, if that was not this control plane.
    """

    current: str = ""
    ramping: str | None = None
    percent: float = 0.0
    changed_by: str | None = None


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
        ramp: how the wanted one gets the new work.
        at: when it was seen, in seconds since 1970.
        routes: where Temporal sends the new work, as soon as it knows any worker of the endpoint.
        by_hand: what somebody else has changed of that lately, if anything.
    """

    endpoint_id: str
    namespace: str
    wanted: str
    versions: Mapping[str, Version]
    demands: Mapping[str, Demand]
    retired: frozenset[str] = frozenset()
    is_heard: bool = True
    refusal: str | None = None
    ramp: Ramp = ALL_AT_ONCE
    at: float = 0.0
    routes: Routes | None = None
    by_hand: Condition | None = None

    @property
    def is_current(self) -> bool:
        """Whether the wanted build takes the new work."""
        return self.versions[self.wanted].routed is Routed.CURRENT

    @property
    def step(self) -> Step | None:
        """What Temporal is to be told now, if anything.

        It follows from what Temporal says of the builds, so whoever leads goes on where another one has ended.
        """
        wanted = self.versions[self.wanted]
        other = self._other_ramp
        if wanted.routed is Routed.CURRENT:
            return None if other is None else Step(other, 0)
        if wanted.routed is Routed.ABSENT or not self._runs:
            # What a build without workers is given waits for ever.
            return None if other is None or other in self.versions else Step(other, 0)
        part = self._part
        return None if wanted.routed is Routed.RAMPING and part == wanted.percent else Step(self.wanted, part)

    @property
    def _other_ramp(self) -> str | None:
        """The build that is ramping, if it is not the wanted one; somebody else can choose one without objects."""
        seen = next((build for build, version in self.versions.items() if version.routed is Routed.RAMPING), None)
        ramping = self.routes.ramping if seen is None and self.routes is not None else seen
        return None if ramping == self.wanted else ramping

    @property
    def _runs(self) -> bool:
        """Whether workers of the wanted build run, or none has to.

        One that Temporal knows from before has to wait for a worker. Without any pod Temporal decides, unless
        something waits.
        """
        work = self.demands[self.wanted].work.values()
        is_waited_for = self.versions[self.wanted].routed is Routed.RAMPING and self.versions[self.wanted].backlog > 0
        return any(state is not Work.ABSENT for state in work) or (not work and not is_waited_for)

    @property
    def _is_ramped(self) -> bool:
        """Whether the wanted build is to get the new work step by step: not one that had all of it before.

        Nor while nobody else could take the rest.
        """
        has_other = any(version.routed is Routed.CURRENT for version in self.versions.values())
        return bool(self.ramp.steps) and has_other and not self.versions[self.wanted].was_current

    @property
    def _part(self) -> int:
        """Which part of the new work the wanted build, which can take it and has not all of it, is to take now."""
        if not self._is_ramped:
            return _ALL
        version = self.versions[self.wanted]
        # With other steps than before the share is brought to the nearest one below.
        reached = [step for step in self.ramp.steps if step <= version.percent] or self.ramp.steps[:1]
        is_new = version.routed is not Routed.RAMPING or reached[-1] != version.percent
        if is_new or not self.ramp.seconds or self.at - version.since < self.ramp.seconds:
            return reached[-1]
        return self._following

    @property
    def _following(self) -> int:
        """The step after the one that is reached."""
        return next((step for step in self.ramp.steps if step > self.versions[self.wanted].percent), _ALL)

    def is_without_work(self, build: str) -> bool:
        """Whether nothing of a build waits or runs in this look, and nothing new can come; never of the newest one."""
        version, demand = self.versions[build], self.demands[build]
        is_over = self.is_current and version.routed in _WITHOUT
        return is_over and self.is_heard and version.backlog == demand.busy == demand.in_flight == 0

    def condition(self) -> Condition:
        """Whether the newest build takes the new work, and what is left of older ones."""
        if self.refusal is not None:
            return Condition(CURRENT_BUILD, "False", "RefusedByTemporal", self.refusal)
        if self.versions[self.wanted].routed is Routed.RAMPING:
            return self._ramping()
        if not self.is_current:
            return Condition(
                CURRENT_BUILD,
                "False",
                "WaitingForWorkers",
                f"No worker of {self.wanted} is known to Temporal yet, so what took the new work before goes on. If "
                "that lasts, look at what its pods say. By default Temporal takes 100 worker deployments a namespace, "
                "and 100 versions of each.",
            )
        if self.step is not None:
            message = f"{self.wanted} takes the new work, except for a part that goes to {name_of(self.step.build)}."
            return Condition(CURRENT_BUILD, "False", "RampEnding", f"{message} That ramp ends now.")
        older = sorted(self.versions.keys() - {self.wanted} - self.retired)
        message = f"{self.wanted} takes the new work."
        if older:
            states = ", ".join(f"{build} ({self.versions[build].routed.value})" for build in older)
            message += f" Workers of older builds stay until they have none: {states}."
        if older and not self.is_heard:
            message += " Their workers do not tell what they run, so they are never known to have none."
        return Condition(CURRENT_BUILD, "True", "Current", message)

    def _ramping(self) -> Condition:
        version = self.versions[self.wanted]
        since = datetime.fromtimestamp(version.since, UTC).isoformat(timespec="seconds")
        message = f"{self.wanted} takes {version.percent:g} % of the new work since {since}."
        step = self.step
        if step is not None:
            reason = "Ramping"
            message += f" It takes {step.percent} % from now on."
        elif not self._runs:
            reason = "RampWaitingForWorkers"
            message += " It takes no more before one of its workers runs. Look at what its pods say, or roll back."
        elif not self.ramp.seconds:
            reason = "RampPaused"
            message += " It stays so while ramp_seconds is 0. Set ramp_seconds, or another ramp."
        else:
            reason = "Ramping"
            message += f" After {self.ramp.seconds} s it takes {self._following} %."
        return Condition(CURRENT_BUILD, "False", reason, message)


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
