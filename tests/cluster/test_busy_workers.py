"""Promise: of the workers that are too many the idle ones go, and one that runs an activity is not asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import free_port, wait_until

from .endpoints import QUICK_KEDA, Site, merged
from .test_control_plane import ENDPOINTS, Served, served

SECONDS = 120
TOKEN = "the-scalers-own"  # noqa: S105 - of a test
SECRET = "scaler-token"  # noqa: S105 - its name
# Shorter than the long activities: a busy worker that is told to stop cannot end them.
GRACE = 5
COST = "controller.kubernetes.io/pod-deletion-cost"
WORKERS = 3


@pytest.fixture(scope="module")
def load(cluster: Cluster) -> Iterator[Load]:
    """The user's side."""
    with Load(cluster.temporal.address) as found:
        yield found


@dataclass
class Protected:
    """A namespace whose ScaledObjects ask a control plane that sees what runs."""

    site: Site
    folder: Path
    port: int

    @classmethod
    def of(cls, cluster: Cluster, contract: Contract, name: str, folder: Path, **keda: Any) -> Protected:
        """Install the chart, with these values under `keda`."""
        port = free_port()
        cluster.plane.namespace(name)
        metadata = {"name": SECRET, "namespace": name}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": TOKEN}}
        cluster.plane.api.apply(secret)
        (folder / "token").write_text(TOKEN)
        asked = {"enabled": True, "url": f"http://127.0.0.1:{port}", "tokenSecretName": SECRET}
        quick = merged(QUICK_KEDA, {"busyWorkers": asked}, keda)
        values = {"scaling": "keda", "terminationGracePeriodSeconds": GRACE, "keda": quick}
        return cls(Site(cluster, contract, name, folder, values), folder, port)

    @contextmanager
    def served(self) -> Iterator[Served]:
        """The control plane, looking every second."""
        options = [
            f"--temporal-address={self.site.cluster.temporal.address}",
            f"--scaler-token={self.folder / 'token'}",
            "--observe=1",
        ]
        with served(self.site, self.folder, *options, port=self.port) as control:
            yield control

    def create(self, control: Served, **changes: Any) -> dict[str, Any]:
        """A READY endpoint whose workers tell every second what they run."""
        endpoint_id = control.create({"TEMPORAL_WORKER_HEARTBEAT_SECONDS": "1"}, max_workers=WORKERS, **changes)
        return control.wait_for(endpoint_id)

    def pods(self, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
        """The endpoint's pods that were not told to go."""
        where = Reference("v1", "Pod", self.site.name)
        found = self.site.cluster.plane.api.list(where, labels=f"endpoint_id={endpoint['id']}")
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]


def reason(control: Served, endpoint: dict[str, Any]) -> str:
    """What is said of the protection of its busy workers."""
    seen = control.ask("GET", f"{ENDPOINTS}/{endpoint['id']}")
    return next((each["reason"] for each in seen["conditions"] if each["type"] == "ScaleInProtected"), "")


def test_idle_workers_go_and_the_busy_one_stays(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """Nothing waits, so the backlog alone would take all three: two go, the third ends what it runs, then it goes."""
    here = Protected.of(cluster, contract, "busy", tmp_path)
    with here.served() as control:
        endpoint = here.create(control)
        wait_until("it is protected", lambda: reason(control, endpoint) == "Observed", seconds=SECONDS)
        short = load.start("short", here.site.queue, WORKERS - 1, 10, 11)
        long = load.start("long", here.site.queue, 1, 45, 46)
        wait_until("all run", lambda: len(here.site.notes("begin")) == WORKERS, seconds=SECONDS, every=0.3)
        load.attempts(short)
        wait_until("the idle ones are gone", lambda: len(here.pods(endpoint)) == 1, seconds=SECONDS, every=0.3)
        (busy,) = here.pods(endpoint)
        ended = {note["workflow"] for note in here.site.notes("end")}
        (running,) = [note for note in here.site.notes("begin") if note["workflow"] not in ended]
        assert busy["metadata"]["name"] == running["pod"]
        assert busy["metadata"]["annotations"][COST] == "100"
        load.attempts(long)
        wait_until("nobody is left", lambda: not here.pods(endpoint), seconds=SECONDS, every=0.3)
        assert here.site.notes("met by a stop") == []
        assert here.site.ran_once() == WORKERS
        assert control.ask("GET", f"{ENDPOINTS}/{endpoint['id']}")["num_queued_items"] == 0


@pytest.mark.parametrize("fallback", [False, True], ids=["without-fallback", "current-replicas"])
def test_workers_stay_while_the_control_plane_is_away(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path, fallback: bool
) -> None:
    """The number of workers stays as it is, idle ones and all, and falls when somebody answers again."""
    values = {"fallback": {"enabled": fallback, "failureThreshold": 2, "behavior": "currentReplicas"}}
    name = f"away-{'fallback' if fallback else 'alone'}"
    here = Protected.of(cluster, contract, name, tmp_path, **values)
    with here.served() as control:
        endpoint = here.create(control)
        started = load.start(name, here.site.queue, WORKERS, 15, 25)
        wait_until("all run", lambda: len(here.site.notes("begin")) == WORKERS, seconds=SECONDS, every=0.3)
    load.attempts(started)
    # Many polls of KEDA, its cooldown and several steps of the autoscaler would fit into that.
    lowest: list[int] = []

    def has_waited() -> bool:
        lowest.append(len(here.pods(endpoint)))
        return len(lowest) >= 100

    wait_until("twenty seconds are over", has_waited, seconds=SECONDS, every=0.2)
    assert min(lowest) == WORKERS
    with here.served() as control:
        wait_until("nobody is left", lambda: not here.pods(endpoint), seconds=SECONDS, every=0.3)
        assert here.site.notes("met by a stop") == []
        assert here.site.ran_once() == WORKERS


def test_scaler_is_told_what_really_runs(cluster: Cluster, contract: Contract, load: Load, tmp_path: Path) -> None:
    """More waits than runs, all workers are busy; when all is done nothing is wanted."""
    here = Protected.of(cluster, contract, "told", tmp_path)

    def told() -> dict[str, Any]:
        path = f"/v1/scaling/{endpoint['id']}"
        return control.ask("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})

    with here.served() as control:
        endpoint = here.create(control)
        handles = load.start("told", here.site.queue, 2 * WORKERS, 8, 9)
        wait_until("all workers are busy", lambda: told()["in_flight"] == WORKERS, seconds=SECONDS, every=0.3)
        busy = told()
        assert (busy["busy"], busy["heartbeats"]) == (WORKERS, True)
        assert busy["wanted"] == max(busy["busy"], busy["backlog"] + busy["in_flight"])
        load.attempts(handles)
        wait_until("nothing is wanted", lambda: told()["wanted"] == 0, seconds=SECONDS, every=0.3)
