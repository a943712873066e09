"""Runs one load on one endpoint until all is done and every worker is gone, and traces it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS
from .endpoints import Site, Values, wait_for_condition
from .protected import Protected
from .trace import Trace

ACTIVITIES = 14
SHORTEST, LONGEST = 4.0, 35.0
# Most activities take longer than that, so a busy worker that is told to stop cannot end them.
GRACE = 5
MOST_WORKERS = 6
KEDA: Values = {
    "scaling": "keda",
    "terminationGracePeriodSeconds": GRACE,
    "keda": {
        "pollingInterval": 1,
        "initialCooldownPeriod": 1,
        "cooldownPeriod": 10,
        # Kubernetes' own pace, three times as fast: all that are too many go at once.
        "behavior": {
            "scaleDown": {
                "stabilizationWindowSeconds": 0,
                "policies": [{"type": "Percent", "value": 100, "periodSeconds": 5}],
            }
        },
    },
}
# A run that cuts activities may never end: so long is it looked at.
SECONDS = 150


@dataclass(frozen=True)
class Case:
    """Which durations the activities have, and how many a worker runs at once."""

    seed: int
    slots: int

    @property
    def activities(self) -> int:
        """As many for each slot, whatever there are."""
        return ACTIVITIES * self.slots


@dataclass
class Ground:
    """Where runs take place."""

    cluster: Cluster
    contract: Contract
    load: Load


def by_backlog_alone(ground: Ground, case: Case, folder: Path) -> Trace:
    """What KEDA's `temporal` trigger makes of the load: running activities are no backlog."""
    site = Site(ground.cluster, ground.contract, f"backlog-{case.seed}", folder, KEDA)
    endpoint = site.endpoint(least=0, most=MOST_WORKERS, per_worker=case.slots, slots=case.slots)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    trace = traced(site, ground.load, case, f"Backlog alone, seed {case.seed}", endpoint.name)
    endpoint.delete()
    wait_until("its pods are gone", lambda: not endpoint.pods(), seconds=60)
    return trace


def protected(
    ground: Ground, case: Case, folder: Path, faults: Mapping[str, Callable[[], None]] | None = None
) -> Trace:
    """The same with the control plane's own trigger beside it; faults come, by name, when two thirds are done."""
    name = "-".join(("protected", *(faults or (str(case.seed),))))
    here = Protected.of(ground.cluster, ground.contract, name, folder, KEDA)
    with here.served() as control:
        endpoint = here.create(control, per_worker=case.slots, max_workers=MOST_WORKERS)
        title = f"With the busy workers, seed {case.seed}"
        trace = traced(here.site, ground.load, case, title, endpoint["deployment_name"], faults)
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint['id']}")
        pods = Reference("v1", "Pod", name)
        wait_until("its pods are gone", lambda: not ground.cluster.plane.api.list(pods), seconds=60)
    return trace


def traced(
    site: Site, load: Load, case: Case, title: str, name: str, faults: Mapping[str, Callable[[], None]] | None = None
) -> Trace:
    """The trace of the load; faults come when two thirds of it are done."""
    begin = time.time()
    handles = load.start(site.name, site.queue, case.activities, SHORTEST, LONGEST, seed=f"scale-in-{case.seed}")
    due = dict(faults or {})
    came: dict[str, float] = {}

    def now() -> Trace:
        steps = [step for step in site.cluster.kubelet.history if str(step.get("pod", "")).startswith(f"{name}-")]
        notes = [note for what in ("begin", "end", "cut short") for note in site.notes(what)]
        notes.sort(key=lambda note: float(note["time"]))
        return Trace.of(title, case.activities, begin, time.time(), notes, steps)

    while (trace := now()).zero is None and time.time() - begin < SECONDS:
        if due and trace.done * 3 >= case.activities * 2:
            what, fault = due.popitem()
            came[what] = time.time() - begin
            fault()
        time.sleep(0.5)
    load.end(handles)
    return replace(trace, faults=came)
