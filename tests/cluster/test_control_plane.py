"""The control plane on a real cluster: an endpoint comes, works, changes, is handed over between scalings, and goes."""

from __future__ import annotations

from pathlib import Path

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS
from .endpoints import QUICK_KEDA, Site
from .served import Served, served

KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": 75, "keda": QUICK_KEDA}
FIXED = {**KEDA, "scaling": "fixed"}


def test_endpoint_works_from_its_request_to_its_end(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """READY at zero, a worker when there is work, another queue, the first one again, and nothing left."""
    site = Site(cluster, contract, "served", tmp_path, KEDA)
    with served(site, tmp_path) as control:
        endpoint_id = control.create()
        endpoint = control.wait_for(endpoint_id)
        wait_until("nobody runs", lambda: control.replicas(endpoint) == 0, seconds=SECONDS, every=0.3)
        assert control.wait_for(endpoint_id)["generation"] == 1
        load.start("one", site.queue, 1, 2, 3)
        wait_until("a worker runs it", lambda: site.notes("begin"), seconds=SECONDS, every=0.3)
        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "another-queue"})
        assert control.wait_for(endpoint_id)["temporal_task_queue"] == "another-queue"
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {})
        assert control.wait_for(endpoint_id)["temporal_task_queue"] == site.queue
        load.start("two", site.queue, 1, 2, 3)
        wait_until("a worker runs it", lambda: len(site.notes("begin")) == 2, seconds=SECONDS, every=0.3)
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: control.objects() == [], seconds=SECONDS, every=0.3)


def test_replicas_are_handed_over_in_both_directions(cluster: Cluster, contract: Contract, tmp_path: Path) -> None:
    """No worker stops when a scaler takes over, and all come back when it goes; the chart alone changes nothing."""
    site = Site(cluster, contract, "handed", tmp_path, FIXED)
    with served(site, tmp_path) as control:
        endpoint_id = control.create(min_workers=2, max_workers=2)
        endpoint = control.wait_for(endpoint_id)
        assert (control.replicas(endpoint), endpoint["deployment_state"]["available_workers"]) == (2, 2)
        site.release("upgrade", KEDA)
        reasons = [each["reason"] for each in control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["conditions"]]
        wait_until(
            f"new templates are told: {reasons}", lambda: _is_outdated(control, endpoint_id), seconds=60, every=1
        )
        assert not [each for each in control.objects() if each.startswith("ScaledObject")]
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/restart")
        lowest: list[int] = []

        def scaler_is_there() -> bool:
            lowest.append(control.replicas(endpoint))
            return any(each.startswith("ScaledObject") for each in control.objects())

        wait_until("the scaler is there", scaler_is_there, seconds=SECONDS, every=0.05)
        control.wait_for(endpoint_id)
        assert min(lowest) == control.replicas(endpoint) == 2
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generation": 1})
        control.wait_for(endpoint_id)
        assert not [each for each in control.objects() if each.startswith("ScaledObject")]
        assert control.replicas(endpoint) == 2
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: control.objects() == [], seconds=SECONDS, every=0.3)


def _is_outdated(control: Served, endpoint_id: str) -> bool:
    conditions = control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["conditions"]
    return any(each["reason"] == "TemplateOutdated" for each in conditions)
