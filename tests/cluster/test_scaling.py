"""Promise 4: workers come with the backlog and go without it, and no activity that they run is cut short."""

from __future__ import annotations

from pathlib import Path

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract, Endpoint
from local_cluster.load import Load
from local_cluster.processes import wait_until

from .endpoints import QUICK_KEDA, Site, wait_for_condition, wait_for_replicas

# A worker cancels what still runs 10 s before its end.
GRACE = 90
KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": GRACE, "keda": QUICK_KEDA}


def test_one_activity_brings_a_worker_that_goes_again(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """From zero to one and back to zero, where the endpoint stays when it is applied again."""
    site = Site(cluster, contract, "one", tmp_path, KEDA)
    endpoint = site.endpoint(least=0, most=2, per_worker=1, slots=1)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    wait_for_replicas(endpoint, 0)
    handles = load.start("one", site.queue, 1, 2, 3)
    wait_until("it runs", lambda: site.notes("begin"), seconds=60, every=0.3)
    assert load.attempts(handles) == [1]
    wait_for_replicas(endpoint, 0)
    before = endpoint.generation
    endpoint.apply()
    # The number of workers tells less: KEDA takes back within a second what an endpoint should not have asked for.
    assert endpoint.generation == before, "applied again, the Deployment is another one"
    assert endpoint.wanted == 0
    endpoint.delete()


def backlog(endpoint: Endpoint) -> int:
    """What KEDA tells the autoscaler, or -1 while there is none."""
    autoscaler = endpoint.api.find(endpoint.autoscaler)
    if autoscaler is None:
        return -1
    name = autoscaler["spec"]["metrics"][0]["external"]["metric"]["name"]
    path = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{endpoint.namespace}/{name}"
    query = {"labelSelector": f"scaledobject.keda.sh/name={endpoint.name}"}
    [metric] = endpoint.api.request("GET", path, query=query).body["items"]
    return int(metric["value"])


def test_waiting_workflows_are_no_backlog_unless_asked_for(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """A workflow that waits on the endpoint's own queue counts with `queueTypes` that name it, and not by default."""
    both = {**KEDA, "keda": {**QUICK_KEDA, "queueTypes": ["activity", "workflow"]}}
    site = Site(cluster, contract, "types", tmp_path, both)
    endpoint = site.endpoint(least=0, most=1, per_worker=1, slots=1)
    endpoint.apply()
    load.start_waiting("types", site.queue)
    wait_until("the workflow is a backlog", lambda: backlog(endpoint) == 1, seconds=60, every=0.3)
    site.release("upgrade", KEDA)
    endpoint.apply()
    wait_until("there is no backlog", lambda: backlog(endpoint) == 0, seconds=60, every=0.3)
    endpoint.delete()


def test_workers_come_from_zero_with_the_backlog_and_go_to_zero_without_it(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """An idle endpoint has no worker; a backlog brings them to MAX_WORKERS; scale-in meets what still runs.

    The backlog is empty as soon as every activity has a worker, so that each worker is told to stop while it works.
    """
    site = Site(cluster, contract, "from-zero", tmp_path, KEDA)
    # KEDA counts only what waits, so fewer a worker than it can do brings all workers at once.
    endpoint = site.endpoint(least=0, most=4, per_worker=5, slots=25)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    wait_for_replicas(endpoint, 0)
    handles = load.start("from-zero", site.queue, 100, 20, 60)
    wait_until("all run", lambda: len(site.notes("begin")) == 100, seconds=120, every=0.3)
    load.attempts(handles)
    assert site.ran_once() == 100
    wait_for_replicas(endpoint, 0)
    assert len(site.notes("started")) == len(site.notes("stopped")) >= 4
    assert site.notes("cut short") == []
    assert site.killed() == []
    assert site.told_to_stop() >= 50


def test_a_rollout_cuts_no_activity_short(cluster: Cluster, contract: Contract, load: Load, tmp_path: Path) -> None:
    """A new image while 300 activities run: the old workers end them all, and none is begun a second time."""
    values = {**KEDA, "scaling": "fixed", "keda": {}}
    site = Site(cluster, contract, "rollout", tmp_path, values)
    endpoint = site.endpoint(least=1, most=3, per_worker=100, slots=100)
    endpoint.apply()
    wait_for_replicas(endpoint, 3)
    handles = load.start("rollout", site.queue, 300, 45, 70)
    wait_until("all run", lambda: len(site.notes("begin")) == 300, seconds=180, every=0.3)
    image = "registry.example.com/speech/whisper-worker:1.4.1"
    endpoint.arguments = contract.arguments(
        "scale-from-zero", {**endpoint.arguments.arguments, "IMAGE": image, "CHANGE_CAUSE_MESSAGE": "a new image"}
    )
    endpoint.apply()
    load.attempts(handles)
    assert site.ran_once() == 300
    wait_for_replicas(endpoint, 3)
    images = {pod["spec"]["containers"][0]["image"] for pod in endpoint.pods()}
    assert images == {image}
    assert site.told_to_stop() >= 250
    assert site.notes("cut short") == []
    assert site.killed() == []
    endpoint.delete()


def test_fixed_holds_the_most_workers_whoever_else_scales(cluster: Cluster, contract: Contract, tmp_path: Path) -> None:
    """`fixed` runs MAX_WORKERS; applying the same again changes nothing; there is no ScaledObject."""
    site = Site(cluster, contract, "fixed", tmp_path, {"scaling": "fixed"})
    endpoint = site.endpoint(least=1, most=3, per_worker=2, slots=2)
    endpoint.apply()
    wait_for_replicas(endpoint, 3)
    before = endpoint.generation
    endpoint.apply()
    assert endpoint.generation == before
    assert endpoint.api.find(endpoint.scaled_object) is None
    endpoint.delete()


def test_fixed_becomes_keda_without_a_worker_less(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """A second field manager holds the live value, so that leaving out `replicas` does not reset it to 1."""
    site = Site(cluster, contract, "handover", tmp_path, {"scaling": "fixed", "terminationGracePeriodSeconds": GRACE})
    endpoint = site.endpoint(least=1, most=3, per_worker=5, slots=5)
    endpoint.apply()
    wait_for_replicas(endpoint, 3)
    handles = load.start("handover", site.queue, 15, 20, 25)
    wait_until("all run", lambda: len(site.notes("begin")) == 15, seconds=60, every=0.3)
    site.release("upgrade", KEDA)
    held = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": endpoint.name, "namespace": endpoint.namespace},
        "spec": {"replicas": endpoint.wanted},
    }
    endpoint.api.apply(held, manager="control-plane-handover")
    endpoint.apply()
    assert endpoint.wanted == 3
    wait_for_condition(endpoint, "Ready", "True")
    # KEDA, which writes through the part `scale`, takes over and scales in when the queue is empty.
    wait_for_replicas(endpoint, 1)
    load.attempts(handles)
    assert site.ran_once() == 15
    endpoint.apply()
    assert endpoint.wanted == 1
    assert site.notes("cut short") == []
    endpoint.delete()


def test_keda_becomes_fixed_without_a_worker_less(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """Once the ScaledObject is gone the workers stay, until the Deployment asks for MAX_WORKERS.

    What an autoscaler writes through the part `scale` is noted under no field manager, so nothing is in conflict.
    """
    site = Site(cluster, contract, "back", tmp_path, KEDA)
    endpoint = site.endpoint(least=1, most=2, per_worker=1, slots=2)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    handles = load.start("back", site.queue, 20, 4, 6)
    wait_for_replicas(endpoint, 2)
    site.release("upgrade", {"scaling": "fixed", "terminationGracePeriodSeconds": GRACE})
    endpoint.api.delete(endpoint.scaled_object)
    wait_until("it is gone", lambda: endpoint.api.find(endpoint.scaled_object) is None, seconds=60)
    wait_until("so is its autoscaler", lambda: endpoint.api.find(endpoint.autoscaler) is None, seconds=60)
    assert endpoint.wanted == 2
    endpoint.arguments = contract.arguments("scale-from-zero", {**endpoint.arguments.arguments, "MAX_WORKERS": 3})
    endpoint.apply()
    wait_for_replicas(endpoint, 3)
    load.attempts(handles)
    assert site.ran_once() == 20
    assert site.notes("cut short") == []
    endpoint.delete()


def test_leaving_out_replicas_without_a_second_owner_resets_them_to_one(
    cluster: Cluster, contract: Contract, tmp_path: Path
) -> None:
    """This is why the handover needs a second field manager; Kubernetes' default for the field is 1."""
    site = Site(cluster, contract, "no-handover", tmp_path, {"scaling": "fixed"})
    endpoint = site.endpoint(least=1, most=3, per_worker=5, slots=5)
    endpoint.apply()
    wait_for_replicas(endpoint, 3)
    site.release("upgrade", KEDA)
    endpoint.apply()
    assert endpoint.wanted == 1
    endpoint.delete()


def test_pausing_holds_the_workers_that_are_there(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """`keda.pause.enabled` stops scale-in, `pause.replicas` sets a number, and without them scaling goes on."""
    # Long enough to be paused before KEDA goes back to zero.
    keda = {**QUICK_KEDA, "cooldownPeriod": 30}
    site = Site(cluster, contract, "pause", tmp_path, {**KEDA, "keda": keda})
    endpoint = site.endpoint(least=0, most=2, per_worker=1, slots=5)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    handles = load.start("pause", site.queue, 10, 8, 10)
    wait_until("all run", lambda: len(site.notes("begin")) == 10, seconds=120, every=0.3)
    site.release("upgrade", {**KEDA, "keda": {**keda, "pause": {"enabled": True}}})
    endpoint.apply()
    wait_for_condition(endpoint, "Paused", "True")
    load.attempts(handles)
    assert site.ran_once() == 10
    held = endpoint.wanted
    site.release("upgrade", {**KEDA, "keda": {**keda, "pause": {"replicas": 1}}})
    endpoint.apply()
    wait_for_replicas(endpoint, 1)
    site.release("upgrade", KEDA)
    endpoint.apply()
    wait_for_replicas(endpoint, 0)
    assert held in (1, 2)
    endpoint.delete()


def test_pausing_scale_in_lets_workers_come_and_keeps_them(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """With `keda.pause.scaleIn` a backlog brings workers, and none goes; without it they go."""
    paused = {**KEDA, "keda": {**QUICK_KEDA, "pause": {"scaleIn": True}}}
    site = Site(cluster, contract, "no-scale-in", tmp_path, paused)
    endpoint = site.endpoint(least=1, most=3, per_worker=1, slots=2)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    handles = load.start("no-scale-in", site.queue, 12, 3, 5)
    wait_for_replicas(endpoint, 3)
    load.attempts(handles)
    policy = endpoint.api.get(endpoint.autoscaler)["spec"]["behavior"]["scaleDown"]["selectPolicy"]
    assert policy == "Disabled"
    assert endpoint.wanted == 3
    site.release("upgrade", KEDA)
    endpoint.apply()
    wait_for_replicas(endpoint, 1)
    assert site.ran_once() == 12
    endpoint.delete()


def test_a_scaled_object_that_was_deleted_is_made_again(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """The workers stay when the ScaledObject goes, and scaling goes on when it is applied again."""
    site = Site(cluster, contract, "deleted", tmp_path, KEDA)
    endpoint = site.endpoint(least=0, most=2, per_worker=1, slots=5)
    endpoint.apply()
    wait_for_condition(endpoint, "Ready", "True")
    handles = load.start("deleted", site.queue, 10, 20, 25)
    wait_until("all run", lambda: len(site.notes("begin")) == 10, seconds=120, every=0.3)
    endpoint.api.delete(endpoint.scaled_object)
    wait_until("it is gone", lambda: endpoint.api.find(endpoint.scaled_object) is None, seconds=60)
    assert endpoint.wanted >= 1
    endpoint.apply()
    load.attempts(handles)
    assert site.ran_once() == 10
    wait_for_replicas(endpoint, 0)
    assert site.notes("cut short") == []
    endpoint.delete()
