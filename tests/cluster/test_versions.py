"""Promise: a new build has workers of its own, takes the new work, and the old one goes when it has ended its own.

What Temporal still knows of a deleted endpoint keeps no work from other workers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from local_cluster import worker
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS, bundle
from .endpoints import QUICK_KEDA
from .protected import Protected

# An activity that is cut short by a stop cannot end in it.
GRACE = 5
LONG = 45
KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": GRACE, "keda": QUICK_KEDA}


def test_old_build_ends_its_work_while_the_new_one_takes_what_comes(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """Temporal says DRAINED while an activity of the old build runs; its workers stay until that has ended, then go."""
    here = Protected.of(cluster, contract, "versions", tmp_path, KEDA)

    def deployments() -> set[str]:
        return {each["metadata"]["name"] for each in here.site.living("apps/v1", "Deployment")}

    def ran_on(handles: list[Any], note: str) -> set[str]:
        names = {handle.id for handle in handles}
        return {each["pod"] for each in here.site.notes(note) if each["workflow"] in names}

    def is_one_of(pods: set[str], deployment: str) -> bool:
        return bool(pods) and all(pod.startswith(deployment[:50]) for pod in pods)

    with here.served() as control:
        endpoint = here.create(control, versioning="current")
        endpoint_id, first = endpoint["id"], endpoint["deployment_name"]
        assert deployments() == {first}
        # By this name a KEDA that counts the work of all builds is told from this one.
        (scaler,) = here.site.living("keda.sh/v1alpha1", "ScaledObject")
        counted = f"-{endpoint_id}-{endpoint['bundle_id']}"
        names = [name for name in scaler["status"]["externalMetricNames"] if "-temporal-" in name]
        assert [name.endswith(counted) for name in names] == [True]
        wait_until("it is at zero", lambda: not here.site.living("v1", "Pod"), seconds=SECONDS, every=0.3)
        long = load.start("versions-long", here.site.queue, 1, LONG, LONG + 1)
        wait_until("the old build runs it", lambda: ran_on(long, "begin"), seconds=SECONDS, every=0.3)

        env = {"WORKER_RECORD": str(here.site.record), "TEMPORAL_WORKER_HEARTBEAT_SECONDS": "1", "NEW": "yes"}
        flavor = bundle(command=[sys.executable, worker.__file__], env=env)
        bundle_id = control.ask("POST", "/v2/model-bundles", flavor)["model_bundle_id"]
        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"model_bundle_id": bundle_id})
        second = control.wait_for(endpoint_id)["deployment_name"]
        assert deployments() == {first, second}
        said = control.said_of_the_build
        wait_until("Temporal says so", lambda: "(drained)" in said(endpoint_id)[1], seconds=SECONDS, every=0.3)
        assert not load.are_done(long)
        short = load.start("versions-short", here.site.queue, 2, 1, 2)
        load.attempts(short)
        assert is_one_of(ran_on(short, "end"), second)

        load.attempts(long)
        assert is_one_of(ran_on(long, "end"), first)
        wait_until("the old build is gone", lambda: deployments() == {second}, seconds=SECONDS, every=0.3)
        assert {each["metadata"]["name"] for each in here.site.living("keda.sh/v1alpha1", "ScaledObject")} == {second}
        # An activity of a second or two can be too young to be seen (docs/scale-in.md): the grace period is for it.
        stopped = {note["workflow"] for note in here.site.notes("met by a stop")}
        assert stopped.isdisjoint(handle.id for handle in long)
        assert here.site.ran_once() == 3

        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {})
        assert control.wait_for(endpoint_id)["deployment_name"] == first
        again = load.start("versions-again", here.site.queue, 1, 1, 2)
        load.attempts(again)
        assert is_one_of(ran_on(again, "end"), first)
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: here.site.objects() == [], seconds=SECONDS, every=0.3)

        # A version that is current and has no workers would keep it from them.
        without = here.create(control)
        free = load.start("versions-free", here.site.queue, 3, 1, 2)
        load.attempts(free)
        assert is_one_of(ran_on(free, "end"), without["deployment_name"])
        assert "temporal_endpoints_departures 1.0" in control.process.metrics()
