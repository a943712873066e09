"""Pods and workers as they are seen, without a cluster and without Temporal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from temporal_endpoints.errors import TemporalSilentError
from temporal_endpoints.observing.heartbeats import HeardWorker
from temporal_endpoints.observing.pods import LivePod
from temporal_endpoints.observing.rollout import Routed, Routes, Step, Version

from .recorded import NAMESPACE

QUEUE = "transcribe"


def pod(name: str, *, runs: bool = True) -> LivePod:
    """A live pod, whose uid is its name."""
    return LivePod(name, name, name, runs)


def worker(host: str, activities: int = 0, *, others: int = 0, beat: int = 1, **changes: Any) -> HeardWorker:
    """A worker of the queue on a host; `beat` is the number of its heartbeat."""
    known = {"key": f"of {host}", "identity": f"7@{host}", "task_queue": QUEUE, "interval": 5.0, **changes}
    return HeardWorker(host_name=host, activities=activities, others=others, sent_at=beat, **known)


def live_pod(name: str, *, runs: bool = True, **metadata: Any) -> dict[str, Any]:
    """A pod as the API server has it."""
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}} if runs else {"waiting": {"reason": "ErrImagePull"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "uid": name, **metadata},
        "spec": {},
        "status": {"phase": "Running" if runs else "Pending", "containerStatuses": [{"name": "main", "state": state}]},
    }


@dataclass
class Heard:
    """A Temporal server that answers what it is told to."""

    workers_there: list[HeardWorker] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    capable: bool = True
    silent: bool = False
    refused: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    routed: dict[str, Version] = field(default_factory=dict)
    changed_by: str | None = None
    refusal: str | None = None
    now: float = 0.0

    def has_heartbeats(self, namespace: str) -> bool:
        """As it was told."""
        self._ask(f"capability {namespace}")
        return self.capable

    def workers(self, namespace: str, names: Collection[str]) -> Sequence[HeardWorker]:
        """All of them; it is told which names matter."""
        assert names
        self._ask(f"workers {namespace}")
        return list(self.workers_there)

    def backlogs(self, namespace: str, queues: Iterable[str]) -> Mapping[str, int]:
        """As many as it was told."""
        asked = list(queues)
        self._ask(*(f"queue {queue} in {namespace}" for queue in asked))
        return {queue: self.waiting.get(queue, 0) for queue in asked if queue not in self.refused}

    def versions(self, namespace: str, deployment: str, builds: Collection[str], queue: str) -> Mapping[str, Version]:
        """As they were told; of a build that it was not told of, no worker has polled."""
        self._ask(f"versions of {deployment} for {queue} in {namespace}")
        return {build: self.routed.get(build, Version(Routed.ABSENT)) for build in builds}

    def routes(self, namespace: str, deployment: str) -> Routes | None:
        """As its builds were told, also those that nobody asks for; somebody else's change is made in `routed`."""
        self._ask(f"routes of {deployment} in {namespace}")
        if not self.routed:
            return None
        current = next((build for build, each in self.routed.items() if each.routed is Routed.CURRENT), "")
        ramping = next((build for build, each in self.routed.items() if each.routed is Routed.RAMPING), None)
        percent = 0.0 if ramping is None else self.routed[ramping].percent
        return Routes(current, ramping, percent, self.changed_by)

    def route(self, namespace: str, deployment: str, step: Step) -> str | None:
        """Unless it was told to refuse: as Temporal has it, so a ramp outlasts another build that becomes current."""
        self._ask(f"{step.build} of {deployment} in {namespace} takes {step.percent} %")
        if self.refusal is None:
            self.changed_by = None
            now = Routed.CURRENT if step.percent == 100 else Routed.RAMPING
            for build, version in self.routed.items():
                if version.routed is now:
                    self.routed[build] = replace(version, routed=Routed.DRAINING, percent=0.0, since=self.now)
            part = step.percent if now is Routed.RAMPING else 0.0
            if step.percent:
                before = self.routed.get(step.build, Version(Routed.INACTIVE))
                was = before.was_current or now is Routed.CURRENT
                self.routed[step.build] = replace(before, routed=now, percent=part, since=self.now, was_current=was)
        return self.refusal

    def leave(self, namespace: str, deployment: str) -> str | None:
        """Unless it was told that something of it is left."""
        self._ask(f"forget {deployment} in {namespace}")
        return self.refusal

    def _ask(self, *questions: str) -> None:
        if self.silent:
            raise TemporalSilentError("no answer")
        self.asked += questions
