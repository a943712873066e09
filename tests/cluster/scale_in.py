"""Runs one load on one endpoint until all is done and every worker is gone, and traces it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import urlopen

from local_cluster import worker
from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import free_port, wait_until

from .endpoints import Site, Values, merged, wait_for_condition
from .test_control_plane import ENDPOINTS, Served
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
TOKEN = "of-the-scaler"  # noqa: S105 - of a test
SECRET = "scaler-token"  # noqa: S105 - its name


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


@dataclass
class ControlPlane:
    """`temporal-endpoints serve`, which sees what workers run; runs while it is entered."""

    site: Site
    folder: Path
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        """Start it with its own token."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "token").write_text(TOKEN)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(60)

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on its port, and wait until it answers."""
        options = {
            "port": self.port,
            "namespace": self.site.name,
            "temporal-address": self.site.cluster.temporal.address,
            "scaler-token": self.folder / "token",
            "observe": 1,
        }
        command = [sys.executable, "-m", "temporal_endpoints", "serve"]
        command += [f"--{name}={value}" for name, value in options.items()]
        environment = {
            **self.site.cluster.plane.environment(),
            "HOME": str(self.folder),
            "PYTHONPATH": ":".join(sys.path),
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log, cwd=self.folder)
        wait_until("the control plane answers", self._is_ready, seconds=120)

    def _is_ready(self) -> bool:
        with urlopen(f"{self.address}/readyz", timeout=5) as answer:  # noqa: S310 - http
            return bool(answer.status == 200)


def protected(
    ground: Ground,
    case: Case,
    folder: Path,
    faults: Mapping[str, Callable[[ControlPlane], None]] | None = None,
) -> Trace:
    """The same with the control plane's own trigger beside it; faults come, by name, when two thirds are done."""
    port = free_port()
    busy_workers = {"enabled": True, "url": f"http://127.0.0.1:{port}", "tokenSecretName": SECRET}
    values = merged(KEDA, {"keda": {"busyWorkers": busy_workers}})
    name = "-".join(("protected", *(faults or (str(case.seed),))))
    ground.cluster.plane.namespace(name)
    metadata = {"name": SECRET, "namespace": name}
    secret: Any = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": TOKEN}}
    ground.cluster.plane.api.apply(secret)
    site = Site(ground.cluster, ground.contract, name, folder, values)
    with ControlPlane(site, folder / "control-plane", port) as control_plane:
        served = Served(site, control_plane.address)
        endpoint_id = _create(served, case)
        endpoint = served.wait_for(endpoint_id)
        title = f"With the busy workers, seed {case.seed}"
        due = {what: partial(fault, control_plane) for what, fault in (faults or {}).items()}
        trace = traced(site, ground.load, case, title, endpoint["deployment_name"], due)
        served.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        pods = Reference("v1", "Pod", site.name)
        wait_until("its pods are gone", lambda: not site.cluster.plane.api.list(pods), seconds=60)
    return trace


def _create(served: Served, case: Case) -> str:
    flavor = {
        "flavor": "runnable_image",
        "repository": "registry.example.com/worker",
        "tag": "1",
        "protocol": "http",
        "command": [sys.executable, worker.__file__],
        "env": {"WORKER_RECORD": str(served.site.record), "TEMPORAL_WORKER_HEARTBEAT_SECONDS": "1"},
    }
    bundle = served.ask("POST", "/v2/model-bundles", {"name": "worker", "schema_location": "", "flavor": flavor})
    body = {
        "name": "transcribe",
        "endpoint_type": "temporal",
        "metadata": {},
        "gpus": 0,
        "per_worker": case.slots,
        "cpus": "100m",
        "memory": "128Mi",
        "min_workers": 0,
        "max_workers": MOST_WORKERS,
        "model_bundle_id": bundle["model_bundle_id"],
        "labels": {"team": "speech", "product": "captions"},
        "temporal_task_queue": served.site.queue,
    }
    return str(served.ask("POST", ENDPOINTS, body)["endpoint_id"])


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
