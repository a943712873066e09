"""Promise: a drain of a node takes idle workers, and leaves those that run an activity until they have ended it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.errors import ApiError
from local_cluster.load import Load
from local_cluster.processes import wait_until
from temporal_endpoints.planning.drains import IDLE

from .control_plane_process import SECONDS
from .protected import Protected

WORKERS = 2


def is_evicted(here: Protected, name: str) -> bool:
    """Whether the server takes an eviction of the pod, as `kubectl drain` asks for it; it asks again after a 429."""
    api = here.site.cluster.plane.api
    metadata = {"name": name, "namespace": here.site.name}
    path = api.path(Reference("v1", "Pod", here.site.name, name), "eviction")
    try:
        api.request("POST", path, {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})
    except ApiError as error:
        if error.status != 429:
            raise
        return False
    return True


def test_drain_takes_the_idle_worker_and_waits_for_the_busy_one(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """The budget of the templates would let either go; ours answers as one that is not met, which drains wait for."""
    here = Protected.of(cluster, contract, "drains", tmp_path, {"terminationGracePeriodSeconds": 5})

    def pods() -> list[dict[str, Any]]:
        return here.site.living("v1", "Pod")

    def idle() -> list[str]:
        return [pod["metadata"]["name"] for pod in pods() if IDLE in pod["metadata"]["labels"]]

    with here.served("--hold-drains") as control:
        here.create(control, min_workers=WORKERS, max_workers=WORKERS)
        wait_until("both are known to be idle", lambda: len(idle()) == WORKERS, seconds=SECONDS, every=0.3)
        started = load.start("drained", here.site.queue, 1, 25, 26)
        wait_until("one is busy", lambda: len(idle()) == WORKERS - 1, seconds=SECONDS, every=0.3)
        (running,) = here.site.notes("begin")
        assert [is_evicted(here, name) for name in (running["pod"], *idle())] == [False, True]
        load.attempts(started)
        wait_until("it is idle", lambda: running["pod"] in idle(), seconds=SECONDS, every=0.3)
        assert is_evicted(here, running["pod"])
        assert here.site.notes("met by a stop") == []
