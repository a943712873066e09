"""Promise: with a ramp a new build takes a part of the new work first, and what is next lives in Temporal alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS
from .endpoints import QUICK_KEDA
from .protected import Protected
from .served import Served

KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": 5, "keda": QUICK_KEDA}
PERCENT = 50
# That all of them go to one build is as likely as 1 to 8 million.
COUNT = 24


def wait_for_the_step(control: Served, endpoint_id: str) -> str:
    """Wait until the newest build takes its part; what is said then."""
    said = control.said_of_the_build
    wait_until("the ramp", lambda: said(endpoint_id)[0] == "RampPaused", seconds=SECONDS, every=0.3)
    return said(endpoint_id)[1]


def test_both_builds_take_work_during_a_ramp(cluster: Cluster, contract: Contract, load: Load, tmp_path: Path) -> None:
    """Each scaled from zero by its own; whoever leads after a kill goes on at the step, and a rollback ends it."""
    here = Protected.of(cluster, contract, "ramp", tmp_path, KEDA)

    def ran(handles: list[Any], deployment: str) -> int:
        """How many of these activities the workers of a build have ended."""
        names = {handle.id for handle in handles}
        return sum(
            each["workflow"] in names and str(each["pod"]).startswith(deployment[:50])
            for each in here.site.notes("end")
        )

    with here.served() as control:
        endpoint = here.create(control, versioning="current", ramp=[PERCENT], ramp_seconds=0)
        endpoint_id, first = endpoint["id"], endpoint["deployment_name"]
        control.update_build(endpoint_id, "second")
        step = wait_for_the_step(control, endpoint_id)
        assert f"takes {PERCENT} % of the new work since" in step
        second = control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["deployment_name"]
        wait_until("both are at zero", lambda: not here.site.living("v1", "Pod"), seconds=SECONDS, every=0.3)
        some = load.start("ramp-some", here.site.queue, COUNT, 1, 2)
        load.attempts(some)
        shares = {deployment: ran(some, deployment) for deployment in (first, second)}
        assert sum(shares.values()) == COUNT
        assert min(shares.values()) > 0
        assert control.said_of_the_build(endpoint_id) == ("RampPaused", step)
        control.process.kill()

    control.process.end_the_lead()
    with here.served() as control:
        assert wait_for_the_step(control, endpoint_id) == step
        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"ramp_seconds": 1})
        assert control.wait_for(endpoint_id)["deployment_name"] == second
        assert control.said_of_the_build(endpoint_id)[0] == "Current"

        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"ramp_seconds": 0})
        control.update_build(endpoint_id, "third")
        wait_for_the_step(control, endpoint_id)
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {})
        assert control.wait_for(endpoint_id)["deployment_name"] == second
        last = load.start("ramp-last", here.site.queue, COUNT, 1, 2)
        load.attempts(last)
        # Just after a change Temporal still gives some of the new work to the build before.
        assert ran(last, second) > COUNT * 3 // 4
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: here.site.objects() == [], seconds=SECONDS, every=0.3)
