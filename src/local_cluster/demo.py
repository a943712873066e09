"""Shows the whole system on this machine: the chart, an endpoint, workflows, and workers that come and go."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import yaml

from local_cluster.errors import ClusterError
from local_cluster.exit_status import exit_status
from local_cluster.tools import REPOSITORY

if TYPE_CHECKING:
    from local_cluster.cluster import Cluster
    from local_cluster.endpoint import Endpoint
    from local_cluster.load import Load

NAMESPACE = "demo"
QUEUE = "reports"
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
        _show(cluster, load)
    print("Nothing of it is left. To try things yourself: make cluster")


def _show(cluster: Cluster, load: Load) -> None:
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begin:5.0f} s  {text}", flush=True)

    _install(cluster)
    say(f"helm install temporal-endpoints --namespace {NAMESPACE}   (scaling: keda)")
    endpoint = _endpoint(cluster)
    endpoint.apply()
    say(f"endpoint {endpoint.name}: the filled templates are applied, MIN_WORKERS 0, MAX_WORKERS 3")
    _follow(endpoint, say, lambda: endpoint.condition("Ready")[0] == "True" and not endpoint.pods())
    say(f"KEDA watches the task queue {QUEUE}, no worker runs")
    handles = load.start("report", QUEUE, WORKFLOWS, 8, 16)
    say(f"{WORKFLOWS} workflows started, each with one activity of 8 to 16 s")
    _follow(endpoint, say, lambda: load.are_done(handles))
    attempts = load.attempts(handles)
    say(f"all {len(attempts)} activities have ended, {attempts.count(1)} of them on the first attempt")
    _follow(endpoint, say, lambda: not endpoint.pods())
    say("the queue is empty and no worker runs")


def _install(cluster: Cluster) -> None:
    from local_cluster.command import Command

    cluster.plane.namespace(NAMESPACE, pod_security="restricted")
    temporal = {
        "scaling": "keda",
        "keda": QUICK,
        "terminationGracePeriodSeconds": 60,
        "connection": {"address": cluster.temporal.address},
        "serviceAccount": {"create": True, "name": "temporal-worker"},
        "install": {"priorityClasses": True},
    }
    values = cluster.folder / "demo-values.yaml"
    values.write_text(yaml.safe_dump({"temporal": temporal}))
    helm = Command(cluster.tools("helm4"), cluster.plane.environment())
    chart = REPOSITORY / "charts" / "temporal-endpoints"
    helm("install", "temporal-endpoints", chart, f"--namespace={NAMESPACE}", f"--values={values}")


def _endpoint(cluster: Cluster) -> Endpoint:
    from local_cluster import worker
    from local_cluster.endpoint import Contract, Endpoint

    contract = Contract()
    changes = {
        "RESOURCE_NAME": "launch-endpoint-id-reports",
        "NAMESPACE": NAMESPACE,
        "TEMPORAL_TASK_QUEUE": QUEUE,
        "MIN_WORKERS": 0,
        "MAX_WORKERS": 3,
        "PER_WORKER": 5,
        "COMMAND": [sys.executable, worker.__file__],
        "MAIN_ENV": [{"name": "TEMPORAL_TASK_QUEUE", "value": QUEUE}, {"name": "TEMPORAL_WORKER_SLOTS", "value": "5"}],
    }
    return Endpoint(cluster.plane.api, contract, NAMESPACE, contract.arguments("scale-from-zero", changes))


def _follow(endpoint: Endpoint, say: Callable[[str], None], is_done: Callable[[], bool]) -> None:
    """Say how many workers there are whenever that changes, until it is done."""
    end = time.monotonic() + _SECONDS
    before = _workers(endpoint.pods())
    while not is_done():
        if time.monotonic() > end:
            raise ClusterError(
                f"nothing more has happened for {_SECONDS} s; KEDA says: {endpoint.condition('Ready')[1]}"
            )
        now = _workers(endpoint.pods())
        if now != before:
            running, ending = now
            say(f"workers: {'█' * running}{'░' * ending}  {running} running, {ending} ending")
            before = now
        time.sleep(0.2)


def _workers(pods: list[dict[str, Any]]) -> tuple[int, int]:
    ending = sum("deletionTimestamp" in pod["metadata"] for pod in pods)
    return len(pods) - ending, ending


if __name__ == "__main__":
    sys.exit(main())
