"""Promise: of the workers that are too many the idle ones go, and one that runs an activity is not asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .control_plane_process import ENDPOINTS, SECONDS, AnswerError
from .endpoints import QUICK_KEDA, merged
from .protected import TOKEN, Protected
from .served import Served

# Shorter than the long activities: a busy worker that is told to stop cannot end them.
GRACE = 5
COST = "controller.kubernetes.io/pod-deletion-cost"
WORKERS = 3
KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": GRACE, "keda": QUICK_KEDA}


def pods(here: Protected, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """The endpoint's pods that were not told to go."""
    return here.site.living("v1", "Pod", f"endpoint_id={endpoint['id']}")


def reason(control: Served, endpoint: dict[str, Any]) -> str:
    """What is said of the protection of its busy workers."""
    seen = control.ask("GET", f"{ENDPOINTS}/{endpoint['id']}")
    return next((each["reason"] for each in seen["conditions"] if each["type"] == "ScaleInProtected"), "")


def test_idle_workers_go_and_the_busy_one_stays(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """Nothing waits, so the backlog alone would take all three: two go, the third ends what it runs, then it goes."""
    here = Protected.of(cluster, contract, "busy", tmp_path, KEDA)
    with here.served() as control:
        endpoint = here.create(control, max_workers=WORKERS)
        wait_until("it is protected", lambda: reason(control, endpoint) == "Observed", seconds=SECONDS)
        short = load.start("short", here.site.queue, WORKERS - 1, 10, 11)
        long = load.start("long", here.site.queue, 1, 45, 46)
        wait_until("all run", lambda: len(here.site.notes("begin")) == WORKERS, seconds=SECONDS, every=0.3)
        load.attempts(short)
        wait_until("the idle ones are gone", lambda: len(pods(here, endpoint)) == 1, seconds=SECONDS, every=0.3)
        (busy,) = pods(here, endpoint)
        ended = {note["workflow"] for note in here.site.notes("end")}
        (running,) = [note for note in here.site.notes("begin") if note["workflow"] not in ended]
        assert busy["metadata"]["name"] == running["pod"]
        assert busy["metadata"]["annotations"][COST] == "100"
        load.attempts(long)
        wait_until("nobody is left", lambda: not pods(here, endpoint), seconds=SECONDS, every=0.3)
        assert here.site.notes("met by a stop") == []
        assert here.site.ran_once() == WORKERS
        assert control.ask("GET", f"{ENDPOINTS}/{endpoint['id']}")["num_queued_items"] == 0


@pytest.mark.parametrize("fallback", [False, True], ids=["without-fallback", "current-replicas"])
def test_workers_stay_while_the_control_plane_is_away(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path, fallback: bool
) -> None:
    """The number of workers stays as it is, idle ones and all, and falls when somebody answers again."""
    values = {"keda": {"fallback": {"enabled": fallback, "failureThreshold": 2, "behavior": "currentReplicas"}}}
    name = f"away-{'fallback' if fallback else 'alone'}"
    here = Protected.of(cluster, contract, name, tmp_path, merged(KEDA, values))
    with here.served() as control:
        endpoint = here.create(control, max_workers=WORKERS)
        started = load.start(name, here.site.queue, WORKERS, 15, 25)
        wait_until("all run", lambda: len(here.site.notes("begin")) == WORKERS, seconds=SECONDS, every=0.3)
    load.attempts(started)
    # Many polls of KEDA, its cooldown and several steps of the autoscaler would fit into that.
    lowest: list[int] = []

    def has_waited() -> bool:
        lowest.append(len(pods(here, endpoint)))
        return len(lowest) >= 100

    wait_until("twenty seconds are over", has_waited, seconds=SECONDS, every=0.2)
    assert min(lowest) == WORKERS
    with here.served() as control:
        wait_until("nobody is left", lambda: not pods(here, endpoint), seconds=SECONDS, every=0.3)
        assert here.site.notes("met by a stop") == []
        assert here.site.ran_once() == WORKERS


def test_scaler_is_told_what_really_runs(cluster: Cluster, contract: Contract, load: Load, tmp_path: Path) -> None:
    """More waits than runs, all workers are busy; when all is done nothing is wanted."""
    here = Protected.of(cluster, contract, "told", tmp_path, KEDA)

    def told() -> dict[str, Any]:
        path = f"/v1/scaling/{endpoint['id']}"
        return control.ask("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})

    def in_flight() -> int | None:
        try:
            return int(told()["in_flight"])
        except AnswerError as error:
            if error.status != 503:
                raise
            return None  # nobody has looked yet

    with here.served() as control:
        endpoint = here.create(control, max_workers=WORKERS)
        handles = load.start("told", here.site.queue, 2 * WORKERS, 8, 9)
        wait_until("all workers are busy", lambda: in_flight() == WORKERS, seconds=SECONDS, every=0.3)
        busy = told()
        assert (busy["busy"], busy["heartbeats"]) == (WORKERS, True)
        assert busy["wanted"] == max(busy["busy"], busy["backlog"] + busy["in_flight"])
        load.attempts(handles)
        wait_until("nothing is wanted", lambda: told()["wanted"] == 0, seconds=SECONDS, every=0.3)
