"""A whole life by the command line: an endpoint comes, works, changes, is rolled back and goes, on CPU and on GPU."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local_cluster import worker
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until
from local_cluster.program import Program

from .endpoints import QUICK_KEDA, Site

SECONDS = 120
# The flags of each device, and how many workers each way of scaling has without work.
DEVICES = {"cpu": (), "gpu": ("--gpus", "1", "--gpu-type", "nvidia-ampere-a10")}
LEAST = {"fixed": 1, "keda": 0}


@pytest.mark.parametrize("scaling", LEAST)
@pytest.mark.parametrize("device", DEVICES)
def test_endpoint_lives_by_the_command_line(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path, device: str, scaling: str
) -> None:
    """Workflows run on the queue that was asked for last, from the device's template; nothing is left at the end."""
    name = f"life-{device}-{scaling}"
    temporal = {"scaling": scaling, "terminationGracePeriodSeconds": 75, "keda": QUICK_KEDA}
    site = Site(cluster, contract, name, tmp_path, temporal)
    program = Program(cluster, name, tmp_path / "home")
    served = program.serve()

    def work(step: str, queue: str) -> None:
        handles = load.start(f"{name}-{step}", queue, 2, 1, 2)
        wait_until(f"the work of {step} is done", lambda: load.are_done(handles), seconds=SECONDS, every=0.3)

    program(
        "create-endpoint", "--name", name, "--endpoint-type", "temporal", "--temporal-task-queue", site.queue,
        "--image", "registry.example.com/worker:1.0", "--command", f"python {worker.__file__}",
        "--env", f"WORKER_RECORD={site.record}", "--min-workers", str(LEAST[scaling]), "--max-workers", "1",
        "--label", "team=speech", "--label", "product=captions", *DEVICES[device], "--wait",
    )  # fmt: skip
    made = {each["kind"]: each for each in site.objects()}
    (container,) = made["Deployment"]["spec"]["template"]["spec"]["containers"]
    assert ("nvidia.com/gpu" in container["resources"]["limits"]) == (device == "gpu")
    assert ("ScaledObject" in made) == (scaling == "keda")
    work("first", site.queue)
    program("update", name, "--temporal-task-queue", f"{site.queue}-2", "--wait")
    work("second", f"{site.queue}-2")
    program("rollback", name, "--wait")
    seen = json.loads(program("get", name, "--output", "json"))
    assert (seen["temporal_task_queue"], seen["generation"], seen["status"]) == (site.queue, 3, "READY")
    work("third", site.queue)
    program("delete", name, "--wait")
    wait_until("nothing is left", lambda: site.objects() == [], seconds=SECONDS, every=0.3)
    served.stop()
