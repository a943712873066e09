"""What was seen of one endpoint, and whether that protects its workers from scale-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from temporal_endpoints.observing.demand import Demand
from temporal_endpoints.observing.rollout import Rollout
from temporal_endpoints.records.model import Condition

PROTECTED = "ScaleInProtected"
_TRIGGER, _QUEUE_TRIGGER = "metrics-api", "temporal"


class Heed(Enum):
    """Whether an endpoint's workers tell what they run."""

    HEARD = "heard"
    SERVER_SILENT = "the server has no heartbeats"
    WORKERS_SILENT = "the workers send none"


@dataclass(frozen=True)
class Observation:
    """What one look has shown.

    Attributes:
        at: in seconds of this process' monotonic clock.
        is_marked: whether the pods bear the costs by which Kubernetes tells idle ones from busy ones.
        rollout: its builds, if it has versions and they are known.
    """

    endpoint_id: str
    at: float
    demand: Demand
    heed: Heed
    is_marked: bool = True
    rollout: Rollout | None = None

    def of_build(self, build: str) -> Observation | None:
        """The same of one build alone; None if nothing is known of it."""
        needed = self.rollout.demands.get(build) if self.rollout else None
        return None if needed is None else replace(self, demand=needed)

    @property
    def is_heard(self) -> bool:
        """Whether it is known which pods are busy."""
        return self.heed is Heed.HEARD

    @property
    def wanted(self) -> int:
        """How many workers a scaler is told; without heartbeats none, so that its other triggers decide alone.

        While the pods are not marked no worker may go: Kubernetes might take a busy one, and leave an idle one.
        """
        if not self.is_heard:
            return 0
        return self.demand.wanted if self.is_marked else max(self.demand.wanted, len(self.demand.work))


@dataclass(frozen=True)
class Trigger:
    """What an endpoint's ScaledObject asks: whether us, and which Temporal namespace."""

    asks_us: bool = False
    namespace: str | None = None

    @classmethod
    def of(cls, scaled_object: Mapping[str, Any] | None) -> Trigger:
        """The triggers of a live ScaledObject."""
        triggers = ((scaled_object or {}).get("spec") or {}).get("triggers") or ()
        settings = {str(trigger.get("type")): trigger.get("metadata") or {} for trigger in triggers}
        namespace = str(settings.get(_QUEUE_TRIGGER, {}).get("namespace") or "").strip()
        return cls(_TRIGGER in settings, namespace or None)


def of(observation: Observation, trigger: Trigger, namespace: str, *, is_marked: bool = True) -> Condition:
    """What is said of an endpoint that was looked at in a Temporal namespace, and whether its pods could be marked."""
    if observation.heed is Heed.SERVER_SILENT:
        return _no(
            "ServerWithoutHeartbeats",
            f"The Temporal namespace {namespace} has no worker heartbeats, so the backlog alone decides. They need "
            "Temporal 1.30 or later, with frontend.WorkerHeartbeatsEnabled where that is not its default.",
        )
    if observation.heed is Heed.WORKERS_SILENT:
        return _no(
            "WorkersSilent",
            "Workers run and send no heartbeats, so the backlog alone decides. Update their Temporal SDK, switch its "
            "heartbeats on, and let each pod have a host name of its own.",
        )
    if not trigger.asks_us:
        return _no(
            "TriggerMissing",
            f"The ScaledObject has no {_TRIGGER} trigger, so the backlog alone decides. Set "
            "temporal.keda.busyWorkers in the chart's values, and restart the endpoint.",
        )
    if not is_marked:
        return _no(
            "PodsNotMarked",
            "As many workers stay as are busy, but a busy one may go instead of an idle one: the control plane may not "
            "patch pods. Give it that right; docs/rights.md has it.",
        )
    return Condition(PROTECTED, "True", "Observed", "Workers that are busy, or not heard of, are kept.")


def off() -> Condition:
    """What is said while nobody looks at all."""
    return _no("NotObserved", "Nobody looks at what workers run. Start the control plane with --temporal-address.")


def unreachable() -> Condition:
    """What is said while Temporal does not answer."""
    message = "Temporal does not say what runs or waits, so no worker goes. The log says why."
    return Condition(PROTECTED, "Unknown", "TemporalSilent", message)


def _no(reason: str, message: str) -> Condition:
    return Condition(PROTECTED, "False", reason, message)
