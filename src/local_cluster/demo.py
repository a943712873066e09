"""Shows the whole system on this machine by its command line: the chart, an endpoint, and workers that come and go."""

from __future__ import annotations

import argparse
import secrets
import shlex
import sys
import time
from typing import TYPE_CHECKING

import yaml

from local_cluster.errors import ClusterError
from local_cluster.exit_status import exit_status
from local_cluster.tools import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local_cluster.cluster import Cluster
    from local_cluster.load import Load
    from local_cluster.program import Program

NAMESPACE = "demo"
ENDPOINT = "reports"
QUEUE, OTHER_QUEUE = "reports", "reports-of-2027"
SCALER_SECRET = "temporal-scaler-token"  # noqa: S105 - its name
WORKFLOWS = 30
# A production cluster takes minutes where this takes seconds.
QUICK = {
    "pollingInterval": 1,
    "initialCooldownPeriod": 1,
    "cooldownPeriod": 5,
    "behavior": {
        "scaleDown": {
            "stabilizationWindowSeconds": 5,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 5}],
        }
    },
}
_SECONDS = 300


def main() -> int:
    """0: it was shown; 2: it could not be."""
    argparse.ArgumentParser(prog="make demo", description=__doc__).parse_args()
    return exit_status("make demo", _demonstrate)


def _demonstrate() -> None:
    from local_cluster.cluster import Cluster
    from local_cluster.load import Load

    print("Starting Kubernetes, KEDA and Temporal on this machine ...", flush=True)
    with Cluster() as cluster, Load(cluster.temporal.address) as load:
        Demonstration(cluster, load).show()
    print("Nothing of it is left. To try things yourself: make cluster")


class Demonstration:
    """Runs the commands, and prints each with what it printed and when."""

    def __init__(self, cluster: Cluster, load: Load) -> None:
        self._cluster, self._load = cluster, load
        self._begin = time.monotonic()

    def show(self) -> None:
        """Show it all."""
        from local_cluster.program import Program

        folder = self._cluster.folder / "demo"
        program = Program(self._cluster, NAMESPACE, folder)
        token = folder / "scaler-token"
        token.write_text(secrets.token_hex(32))
        self._install(program.address, token)
        address = self._cluster.temporal.address
        self._say(
            f"$ temporal-endpoints serve --namespace {NAMESPACE} --temporal-address {address} --scaler-token ... &"
        )
        program.serve("--temporal-address", address, "--scaler-token", str(token))
        self._run(program, *_creation())
        self._work("report", QUEUE, WORKFLOWS)
        self._run(program, "update", ENDPOINT, "--temporal-task-queue", OTHER_QUEUE, "--wait")
        self._work("report-of-2027", OTHER_QUEUE, WORKFLOWS // 5)
        self._run(program, "rollback", ENDPOINT, "--wait")
        self._run(program, "history", ENDPOINT)
        self._run(program, "delete", ENDPOINT, "--wait")

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._begin:5.0f} s  {text}", flush=True)

    def _run(self, program: Program, *words: str) -> None:
        """Run a command of the program.

        Raises:
            ClusterError: it failed.
        """
        command = f"temporal-endpoints {shlex.join(words)}"
        self._say(f"$ {command}")
        said = program.run(*words)
        for line in (*said.err.splitlines(), *said.out.splitlines()):
            self._say(f"  {line}")
        if said.status != 0:
            raise ClusterError(f"{command} ended with status {said.status}; the lines above say why")

    def _install(self, control_plane: str, token: Path) -> None:
        """Install the chart; its workers are scaled by what the control plane at this address sees them run."""
        from local_cluster.command import Command

        cluster = self._cluster
        cluster.plane.namespace(NAMESPACE, pod_security="restricted")
        kubectl = Command(cluster.tools("kubectl"), cluster.plane.environment())
        kubectl("create", "secret", "generic", SCALER_SECRET, f"--namespace={NAMESPACE}", f"--from-file=token={token}")
        asked = {"enabled": True, "url": control_plane, "tokenSecretName": SCALER_SECRET}
        temporal = {
            "scaling": "keda",
            "keda": {**QUICK, "busyWorkers": asked},
            "terminationGracePeriodSeconds": 60,
            "connection": {"address": cluster.temporal.address},
            "serviceAccount": {"create": True, "name": "temporal-worker"},
            "install": {"priorityClasses": True},
        }
        values = cluster.folder / "demo-values.yaml"
        values.write_text(yaml.safe_dump({"temporal": temporal}))
        helm = Command(cluster.tools("helm4"), cluster.plane.environment())
        chart = REPOSITORY / "charts" / "temporal-endpoints"
        self._say(f"$ helm install temporal-endpoints charts/temporal-endpoints --namespace {NAMESPACE} --values ...")
        helm("install", "temporal-endpoints", chart, f"--namespace={NAMESPACE}", f"--values={values}")

    def _work(self, name: str, queue: str, count: int) -> None:
        """Start workflows, and show how many workers there are until all is done and none is left."""
        handles = self._load.start(name, queue, count, 8, 16)
        self._say(f"{count} workflows started, each with one activity of 8 to 16 s on the task queue {queue}")
        self._follow(lambda: self._load.are_done(handles))
        attempts = self._load.attempts(handles)
        self._say(f"all {len(attempts)} activities have ended, {attempts.count(1)} of them on the first attempt")
        self._follow(lambda: self._workers() == (0, 0))
        self._say("the queue is empty and no worker runs")

    def _follow(self, is_done: Callable[[], bool]) -> None:
        """Say how many workers there are whenever that changes, until it is done."""
        end = time.monotonic() + _SECONDS
        before = self._workers()
        while not is_done():
            if time.monotonic() > end:
                raise ClusterError(f"it is not done after {_SECONDS} s. If this machine is busy, run it again.")
            now = self._workers()
            if now != before:
                running, ending = now
                self._say(f"workers: {'█' * running}{'░' * ending}  {running} running, {ending} ending")
                before = now
            time.sleep(0.2)

    def _workers(self) -> tuple[int, int]:
        from local_cluster.api import Reference

        pods = self._cluster.plane.api.list(Reference("v1", "Pod", NAMESPACE), labels=f"endpoint_name={ENDPOINT}")
        ending = sum("deletionTimestamp" in pod["metadata"] for pod in pods)
        return len(pods) - ending, ending


def _creation() -> list[str]:
    """The command that makes the endpoint; pods of this machine find its Python first."""
    return [
        "create-endpoint", "--name", ENDPOINT, "--endpoint-type", "temporal", "--temporal-task-queue", QUEUE,
        "--image", "registry.example.com/worker:1.0", "--command", "python -m local_cluster.worker",
        "--env", "TEMPORAL_WORKER_SLOTS=5", "--per-worker", "5", "--min-workers", "0", "--max-workers", "3",
        "--label", "team=speech", "--label", "product=captions", "--wait",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
