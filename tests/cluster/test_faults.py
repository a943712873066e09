"""Promise 5: whatever dies under load, nothing is lost; only what a killed worker had is begun a second time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract, Endpoint
from local_cluster.gate import Gate
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .conftest import ROOT, WORKER
from .endpoints import QUICK_KEDA, Site, wait_for_condition, wait_for_replicas

GRACE = 90
KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": GRACE, "keda": QUICK_KEDA}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster for this module alone, since parts of it are killed."""
    with Cluster(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "faults") as started:
        yield started


def kill_operator(cluster: Cluster) -> None:
    """KEDA's operator is killed, and comes back as its Deployment would bring it."""
    cluster.keda.operator.kill()
    cluster.keda.start_operator()


def kill_adapter(cluster: Cluster) -> None:
    """KEDA's metrics adapter is killed and comes back."""
    cluster.keda.adapter.kill()
    cluster.keda.start_adapter()


def kill_controllers(cluster: Cluster) -> None:
    """The controller manager is killed and comes back."""
    cluster.plane.controllers.kill()
    cluster.plane.start_controllers()


def restart_api_server(cluster: Cluster) -> None:
    """The API server ends, and is started again."""
    cluster.plane.api_server.stop()
    cluster.plane.start_api_server()


def restart_temporal(cluster: Cluster) -> None:
    """The Temporal server is killed, and started again on its database file."""
    cluster.temporal.server.kill()
    cluster.temporal.start()


FAULTS: dict[str, Callable[[Cluster], None]] = {
    "operator": kill_operator,
    "adapter": kill_adapter,
    "controllers": kill_controllers,
    "api-server": restart_api_server,
    "temporal": restart_temporal,
}


def note_healing(what: str, seconds: float) -> None:
    """Add a line to build/e2e/healing.txt: no test depends on how long it takes."""
    folder = ROOT / "build" / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "healing.txt").open("a") as file:
        file.write(f"{what}: {seconds:.1f} s\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_when_a_part_of_the_cluster_dies(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path, fault: str
) -> None:
    """What runs is ended by the workers that began it, and what comes afterwards is worked on as before."""
    site = Site(cluster, contract, f"fault-{fault}", tmp_path, KEDA)
    endpoint = site.endpoint(least=0, most=3, per_worker=2, slots=5)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    handles = load.start(f"fault-{fault}", site.queue, 15, 15, 20)
    wait_until("all run", lambda: len(site.notes("begin")) == 15, seconds=120, every=0.3)
    begin = time.monotonic()
    FAULTS[fault](cluster)
    later = load.start(f"after-{fault}", site.queue, 5, 1, 2)
    wait_until("what came later runs", lambda: len(site.notes("begin")) == 20, seconds=120, every=0.3)
    note_healing(fault, time.monotonic() - begin)
    load.attempts(handles + later)
    assert site.ran_once() == 20
    wait_for_replicas(endpoint, 0)
    assert site.notes("cut short") == []
    assert site.killed() == []
    endpoint.delete()


def test_what_a_killed_worker_had_is_begun_again_and_nothing_else(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """Of two workers one is killed: its activities end on a later attempt, those of the other on the first."""
    site = Site(cluster, contract, "killed", tmp_path, {"scaling": "fixed", "terminationGracePeriodSeconds": GRACE})
    endpoint = site.endpoint(least=1, most=2, per_worker=1, slots=4)
    endpoint.apply()
    wait_for_replicas(endpoint, 2)
    handles = load.start("killed", site.queue, 8, 20, 25)
    wait_until("all run", lambda: len(site.notes("begin")) == 8, seconds=60, every=0.3)
    victim = site.notes("begin")[0]["process"]
    lost = {note["workflow"] for note in site.notes("begin") if note["process"] == victim}
    os.kill(victim, signal.SIGKILL)
    begin = time.monotonic()
    attempts = {f"killed-{number}": attempt for number, attempt in enumerate(load.attempts(handles))}
    note_healing("a killed worker's activities", time.monotonic() - begin)
    assert {workflow for workflow, attempt in attempts.items() if attempt > 1} == lost
    assert site.ran_once() == 8 - len(lost)
    assert {note["workflow"] for note in site.notes("end")} == attempts.keys()
    wait_for_replicas(endpoint, 2)
    endpoint.delete()


def has_no_metric(endpoint: Endpoint) -> bool:
    """Whether the autoscaler says that it is not told how much work there is."""
    name = f"keda-hpa-{endpoint.name}"
    status = endpoint.api.get(Reference("autoscaling/v2", "HorizontalPodAutoscaler", endpoint.namespace, name))[
        "status"
    ]
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    return conditions.get("ScalingActive") == "False"


@pytest.mark.parametrize("fallback", [False, True], ids=["without", "with"])
def test_workers_stay_while_keda_does_not_reach_temporal(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path, *, fallback: bool
) -> None:
    """No worker goes, and scaling goes on by itself.

    With `fallback` that is alike, because KEDA 2.21.0 makes its client anew after a failure, cannot, and comes no
    further. It may stay Ready, and does so also without `fallback` where the autoscaler's question is what fails first.
    So it is the autoscaler that says that something is wrong.
    """
    name = f"unreachable-{'with' if fallback else 'without'}"
    keda = {**QUICK_KEDA, "minConnectTimeout": 1}
    if fallback:
        keda["fallback"] = {"enabled": True, "failureThreshold": 2, "behavior": "static", "replicas": 1}
    with Gate(cluster.temporal.port) as gate:
        connection = {"address": f"127.0.0.1:{gate.port}"}
        site = Site(cluster, contract, name, tmp_path, {**KEDA, "keda": keda, "connection": connection})
        endpoint = site.endpoint(least=0, most=2, per_worker=2, slots=2)
        # Workers have another way, so that it is KEDA alone that is cut off.
        arguments = endpoint.arguments.arguments
        direct = {"name": "TEMPORAL_ADDRESS", "value": cluster.temporal.address}
        env = [*arguments["MAIN_ENV"], direct]
        endpoint.arguments = contract.arguments("scale-from-zero", {**arguments, "MAIN_ENV": env})
        endpoint.apply()
        wait_for_condition(endpoint, "Ready", "True")
        # More than two workers do at once, so that KEDA has a reason for both.
        handles = load.start(name, site.queue, 20, 6, 8)
        # Both work, so KEDA has looked again: from an older look at the Deployment it could set 1 once more.
        wait_until("both work", lambda: len(site.notes("begin")) > 4, seconds=60, every=0.3)
        wait_for_replicas(endpoint, 2)
        gate.shut()
        wait_until("the autoscaler has no metric", lambda: has_no_metric(endpoint), seconds=90, every=0.3)
        load.attempts(handles)
        assert endpoint.wanted == 2
        assert endpoint.condition("Fallback")[0] == "False"
        gate.open()
        begin = time.monotonic()
        wait_for_condition(endpoint, "Ready", "True")
        wait_for_replicas(endpoint, 0)
        note_healing(f"Temporal unreachable, {name}", time.monotonic() - begin)
        assert site.ran_once() == 20
        assert site.notes("cut short") == []
        endpoint.delete()
