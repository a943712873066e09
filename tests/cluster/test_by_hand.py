"""Promise: who changes versions in Temporal by hand is named, and the endpoint comes back to what is asked of it."""

from __future__ import annotations

from pathlib import Path

from local_cluster.cluster import Cluster
from local_cluster.command import Command
from local_cluster.endpoint import Contract
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS
from .protected import Protected

FIXED = {"scaling": "fixed", "terminationGracePeriodSeconds": 5}
WHO = "ada@desk"


def test_change_by_hand_is_told_and_set_back(cluster: Cluster, contract: Contract, tmp_path: Path) -> None:
    """A percentage that is no step, the older build as the current one, and a ramp to a build that nobody has."""
    here = Protected.of(cluster, contract, "by-hand", tmp_path, FIXED)
    temporal = Command(cluster.tools("temporal"), {"HOME": str(tmp_path)})
    with here.served() as control:
        endpoint = here.create(
            control, versioning="current", min_workers=1, max_workers=1, ramp=[10, 50], ramp_seconds=0
        )
        endpoint_id, first = endpoint["id"], endpoint["bundle_id"]

        def by_hand(verb: str, *options: str) -> None:
            where = (f"--address={cluster.temporal.address}", f"--identity={WHO}", f"--deployment-name={endpoint_id}")
            temporal("worker", "deployment", verb, *where, "--yes", *options)

        def wait_for(kind: str, reason: str, words: str) -> None:
            def is_told() -> bool:
                told, message = control.said(endpoint_id, kind)
                return told == reason and words in message

            wait_until(f"{kind} {reason}: {words}", is_told, seconds=SECONDS, every=0.3)

        control.update_build(endpoint_id, "second")
        wait_for("BuildCurrent", "RampPaused", "takes 10 % of the new work since")
        assert control.said(endpoint_id, "ChangedByHand") == ("", "")
        second = control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["bundle_id"]
        by_hand("set-ramping-version", f"--build-id={second}", "--percentage=70")
        told = f"{WHO} set the ramp to 70 % for {second}, where it was 10 % for {second}."
        wait_for("ChangedByHand", "RampChangedByHand", told)
        wait_for("BuildCurrent", "RampPaused", "takes 50 % of the new work since")

        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"ramp": []})
        control.wait_for(endpoint_id)
        # While the older build is there Temporal is asked with each look, and twice a minute afterwards.
        by_hand("set-current-version", f"--build-id={first}")
        wait_for("ChangedByHand", "CurrentChangedByHand", f"gave the new work to {first}, where it went to {second}.")
        assert control.wait_for(endpoint_id)["bundle_id"] == second
        by_hand("set-ramping-version", "--build-id=nobody", "--percentage=20", "--allow-no-pollers")
        wait_for("ChangedByHand", "RampChangedByHand", "set the ramp to 20 % for nobody, where it was none.")
        assert control.wait_for(endpoint_id)["bundle_id"] == second
        assert control.said(endpoint_id, "BuildCurrent")[0] == "Current"
        # It is told to whoever looks later, and no step of the control plane itself is taken for it.
        assert control.said(endpoint_id, "ChangedByHand")[0] == "RampChangedByHand"
