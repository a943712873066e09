"""The reconciler: the cluster becomes what is recorded and stays so, and what is seen of it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.kubernetes.client import REQUEST_SECONDS
from temporal_endpoints.planning.documents import LABEL
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.reconciling.reconciler import Pace
from temporal_endpoints.records.bundles import TemplateSets
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.model import Endpoint, ObjectKey
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.tables import EVENTS

from .api_server import ApiServer, serving
from .recorded import ADA, NAMESPACE, create_endpoint
from .running import FAST, LEASE, Running, wait_until
from .simulated_cluster import ServerRefusalError
from .snapshots import FIXED, KEDA

REPLICAS = ("spec", "replicas")
# Long enough for several looks at everything that happens.
A_WHILE = 0.6


@pytest.fixture
def running(database: Database) -> Iterator[Running]:
    """A database of either kind and a server, and nothing that runs yet."""
    api = ApiServer()
    with serving(api) as address:
        yield Running(database, api, address)


def created(running: Running, texts: dict[str, str] = FIXED, **changes: Any) -> Endpoint:
    """A recorded endpoint of these templates."""
    running.texts = dict(texts)
    return create_endpoint(running.database, texts=texts, **changes)


def ready(running: Running, texts: dict[str, str] = FIXED, **changes: Any) -> Endpoint:
    """An endpoint whose workers run."""
    endpoint = created(running, texts, **changes)
    wait_until(lambda: running.live("Deployment", endpoint) is not None, "the Deployment")
    running.run_workers(endpoint)
    return running.wait_for(endpoint, "READY")


def test_endpoint_comes_changes_and_goes(running: Running) -> None:
    """From the record to workers, to other workers, to nothing in the cluster and in the records."""
    with running.reconciler():
        endpoint = created(running)
        seen = running.wait_for(endpoint, "UPDATE_IN_PROGRESS")
        assert [each.reason for each in seen.conditions] == ["Applied", "WorkersStarting"]
        running.run_workers(endpoint)
        seen = running.wait_for(endpoint, "READY")
        assert seen.workers is not None
        assert seen.workers.available == 3
        running.change(endpoint, max_workers=5)
        wait_until(lambda: (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 5, "5 replicas")
        running.run_workers(endpoint)
        running.wait_for(endpoint, "READY")
        Endpoints(running.database).delete(ADA, endpoint.id)
        wait_until(lambda: Progress(running.database).endpoint_ids() == [], "the record's end")
        assert running.api.cluster.all() == {}


def test_steady_state_writes_nothing_also_after_a_restart(running: Running) -> None:
    """Neither by itself, nor when it begins anew and looks at everything."""
    with running.reconciler():
        endpoint = ready(running)
        time.sleep(A_WHILE)
        writes, version = list(running.api.writes), running.api.version
        time.sleep(A_WHILE)
    with running.reconciler("another"):
        time.sleep(2 * A_WHILE)
    assert running.api.writes == writes
    assert running.api.version == version
    assert running.get(endpoint).status == "READY"


def test_own_writes_lead_to_no_look_of_their_own(running: Running) -> None:
    """Watches tell of them as well, and an endpoint comes by one look."""
    looks: list[bool] = []
    pace = replace(FAST, ask=0.5, templates=60.0)
    with running.reconciler(pace=pace, passed=lambda _seconds, well: looks.append(well)) as reconciler:
        wait_until(lambda: reconciler.leads, "the lead")
        time.sleep(A_WHILE)
        endpoints = [created(running, name=f"number-{number}") for number in range(4)]
        for endpoint in endpoints:
            running.wait_for(endpoint, "UPDATE_IN_PROGRESS")
        time.sleep(2 * A_WHILE)
    assert looks == [True] * len(endpoints)


def test_drift_and_loss_are_mended_by_what_watches_tell(running: Running) -> None:
    """A changed field, and an object that somebody removed."""
    with running.reconciler():
        endpoint = ready(running)
        key = ObjectKey("apps/v1", "Deployment", NAMESPACE, endpoint.resource_name)
        with running.api.changed:
            running.api.cluster.write(key, "kubectl", REPLICAS, 9)
        wait_until(lambda: (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 3, "3 replicas")
        with running.api.changed:
            running.api.cluster.vanish(key)
        wait_until(lambda: running.live("Deployment", endpoint) is not None, "the Deployment")
        with running.api.changed:
            running.api.cluster.vanish(ObjectKey("v1", "ConfigMap", NAMESPACE, endpoint.resource_name))
        wait_until(lambda: running.live("ConfigMap", endpoint) is not None, "the ConfigMap")


def test_watch_that_lost_track_lists_again(running: Running) -> None:
    """What was removed meanwhile is noticed although no watch told it (410)."""
    with running.reconciler():
        endpoint = ready(running)
        key = ObjectKey("apps/v1", "Deployment", NAMESPACE, endpoint.resource_name)
        with running.api.changed:
            running.api.cluster.vanish(key)
            running.api.forget_the_past()
        wait_until(lambda: running.live("Deployment", endpoint) is not None, "the Deployment")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_that_is_busy_is_asked_again(running: Running, status: int) -> None:
    """Until it does what it should."""
    failures = [2]

    def fail(method: str, _path: str) -> None:
        if method == "PATCH" and failures[0]:
            failures[0] -= 1
            raise ServerRefusalError(status, "", "not now")

    running.api.before = fail
    with running.reconciler():
        ready(running)
    assert failures == [0]


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_lost_requests_and_answers_do_no_harm(running: Running, lost: str) -> None:
    """Whether the server did it or not: there is one of each object in the end, and no stranger is touched."""
    count = [0]

    def lose(method: str, _path: str) -> None:
        if method in ("PATCH", "DELETE"):
            count[0] += 1
            if count[0] % 2:
                raise ConnectionResetError

    setattr(running.api, "before" if lost == "request" else "after", lose)
    with running.reconciler():
        endpoint = ready(running)
        assert len(running.api.cluster.all()) == 2
        Endpoints(running.database).delete(ADA, endpoint.id)
        wait_until(lambda: Progress(running.database).endpoint_ids() == [], "the record's end")
    assert running.api.cluster.all() == {}


def test_name_of_somebody_else_is_told_and_used_when_it_is_free(running: Running) -> None:
    """Their object keeps its fields and its owners."""
    endpoint = created(running)
    key = ObjectKey("v1", "ConfigMap", NAMESPACE, endpoint.resource_name)
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": key.name, "namespace": NAMESPACE}}
    theirs = running.api.cluster.apply({**document, "data": {"a": "b"}}, "kubectl")
    with running.reconciler():
        seen = running.wait_for(endpoint, "UPDATE_FAILED")
        assert seen.conditions[0].reason == "NameCollision"
        assert running.live("Deployment", endpoint) is None
        assert running.live("ConfigMap", endpoint) == theirs
        with running.api.changed:
            running.api.cluster.vanish(key)
        wait_until(lambda: running.live("Deployment", endpoint) is not None, "the Deployment")


def test_refusal_is_told_with_its_reason_and_what_runs_goes_on(running: Running) -> None:
    """A quota, a missing right: the server's own words."""
    with running.reconciler():
        endpoint = ready(running)

        def forbid(method: str, _path: str) -> None:
            if method == "PATCH":
                raise ServerRefusalError(403, "Forbidden", "exceeded quota: gpus")

        running.api.before = forbid
        running.change(endpoint, max_workers=5)
        seen = running.wait_for(endpoint, "UPDATE_FAILED")
        assert (seen.conditions[0].reason, "exceeded quota: gpus" in seen.conditions[0].message) == ("Forbidden", True)
        assert (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 3


def test_cluster_without_keda_is_told(running: Running) -> None:
    """The Deployment is there; the endpoint fails with the kind that is missing."""
    del running.api.groups["keda.sh/v1alpha1"]
    with running.reconciler():
        endpoint = created(running, KEDA)
        seen = running.wait_for(endpoint, "UPDATE_FAILED")
        assert seen.conditions[0].reason == "KindAbsent"
        assert "ScaledObject" in seen.conditions[0].message


def test_templates_that_refuse_an_endpoint_leave_what_runs(running: Running) -> None:
    """UPDATE_FAILED with the reason, and no object is removed."""
    with running.reconciler():
        endpoint = ready(running)
        running.change(endpoint, gpus=1, gpu_type="nvidia-hopper-h100")
        seen = running.wait_for(endpoint, "UPDATE_FAILED")
        assert seen.conditions[0].reason == "TemplateRefused"
        assert len(running.api.cluster.all()) == 2


def test_changed_chart_marks_endpoints_and_restarts_nobody(running: Running) -> None:
    """The condition comes without a write to the cluster, and the status stays."""
    with running.reconciler():
        endpoint = ready(running)
        writes = list(running.api.writes)
        running.texts = dict(KEDA)
        wait_until(lambda: len(running.get(endpoint).conditions) == 3, "the condition")
        seen = running.get(endpoint)
        assert (seen.status, seen.conditions[-1].reason) == ("READY", "TemplateOutdated")
        assert running.api.writes == writes


def test_lead_that_lapses_for_a_while_overlooks_nothing(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens while the database does not answer is seen to afterwards, not at the next look at all."""

    def silent(*_arguments: object) -> None:
        raise RecordsError("the database does not answer")

    with running.reconciler() as reconciler:
        endpoint = ready(running)
        with monkeypatch.context() as patched:
            patched.setattr(Progress, "lead", silent)
            # A request that begins now could end after the lead.
            time.sleep(LEASE - REQUEST_SECONDS + 0.5)
            key = ObjectKey("apps/v1", "Deployment", NAMESPACE, endpoint.resource_name)
            with running.api.changed:
                running.api.cluster.vanish(key)
            time.sleep(1)
            assert running.live("Deployment", endpoint) is None
            assert reconciler.leads
        wait_until(lambda: running.live("Deployment", endpoint) is not None, "the Deployment")


def test_short_lead_is_renewed_while_it_can_be_used(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be used until a request could outlast it; whoever waits for a long one asks as often as before."""
    leases: list[Lease] = []
    renew = Lease.renew

    def noted(lease: Lease) -> bool:
        leases.append(lease)
        return renew(lease)

    monkeypatch.setattr(Lease, "renew", noted)
    with running.reconciler(seconds=REQUEST_SECONDS + 3, pace=Pace(workers=1)) as reconciler:
        wait_until(lambda: reconciler.leads, "the lead")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            assert leases[0].token() == 1
            time.sleep(0.05)
    paces = [Lease(Progress(running.database), "one", seconds).renew_seconds for seconds in (11, 20, 3600)]
    assert paces == [0.5, 5, 5]


@pytest.mark.parametrize(
    ("left", "reason"), [({"user-config.yaml": "{}"}, "TemplateMissing"), ({}, "TemplatesMissing")]
)
def test_template_that_vanishes_is_told_and_stops_nobody(running: Running, left: dict[str, str], reason: str) -> None:
    """One key, or the ConfigMap with it; when it comes back nothing is said any more."""
    with running.reconciler():
        endpoint = ready(running)
        writes = list(running.api.writes)
        whole, running.texts = running.texts, left
        wait_until(lambda: running.get(endpoint).conditions[-1].reason == reason, "the condition")
        seen = running.get(endpoint)
        assert (seen.status, seen.conditions[-1].status) == ("READY", "False")
        running.texts = whole
        wait_until(lambda: len(running.get(endpoint).conditions) == 2, "no condition")
        assert running.api.writes == writes


def test_old_events_go_when_all_is_looked_at(running: Running) -> None:
    """Who leads sees to it."""
    endpoint = created(running)
    row = {"endpoint_id": endpoint.id, "at": datetime.now(UTC), "type": "Normal", "reason": "", "message": ""}
    with running.database.change() as connection:
        connection.execute(insert(EVENTS), [row] * 300)

    def count() -> int:
        with running.database.look() as connection:
            return int(connection.execute(select(func.count()).select_from(EVENTS)).scalar_one())

    with running.reconciler():
        wait_until(lambda: count() < 210, "200 events, and what was told since then")


def test_objects_without_a_record_are_removed_and_others_are_not(running: Running) -> None:
    """What this installation made is known by the manager: the label alone is llm-engine's as well."""
    names = {"ours": running.managers.main, "theirs": "model-engine", "another": "temporal-endpoints-ffffff"}
    for name, manager in names.items():
        metadata = {"name": name, "namespace": NAMESPACE, "labels": {LABEL: "end_00000000000000000009"}}
        running.api.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, manager)
    with running.reconciler():
        wait_until(lambda: len(running.api.cluster.all()) == 2, "the end of the orphan")
        time.sleep(A_WHILE)
    assert {key.name for key in running.api.cluster.all()} == {"theirs", "another"}


def test_two_processes_never_act_at_once(running: Running) -> None:
    """The second begins when the first has given up the lead, and goes on where it ended."""
    with running.reconciler("one") as one:
        wait_until(lambda: one.leads, "the first leader")
        with running.reconciler("two") as two:
            endpoint = ready(running)
            assert not two.leads
            two.changed(endpoint.id)
            one.stop()
            wait_until(lambda: two.leads, "the second leader")
            running.change(endpoint, max_workers=5)
            wait_until(lambda: (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 5, "5 replicas")


def test_lead_of_one_that_died_is_taken_as_soon_as_its_time_is_over(running: Running) -> None:
    """Not only when the next renewal of one's own would be due."""
    Lease(Progress(running.database), "dead", seconds=1.0).renew()
    with running.reconciler(pace=replace(FAST, renew=60.0)) as reconciler:
        wait_until(lambda: reconciler.leads, "it leads", seconds=10)


def test_process_that_lost_its_lead_writes_no_more(running: Running) -> None:
    """Its token is an old one: neither records nor cluster are changed."""
    with running.reconciler("one") as one:
        endpoint = ready(running)
        progress = Progress(running.database)

        def is_overtaken() -> bool:
            # As if the time had run out while this process did not get any; it may be faster, and lead again.
            progress.lead("one", 0.0)
            return progress.lead("two", 60.0) is not None

        wait_until(is_overtaken, "another leader")
        wait_until(lambda: not one.leads, "the end of the lead")
        writes = list(running.api.writes)
        running.change(endpoint, max_workers=5)
        one.changed(endpoint.id)
        time.sleep(A_WHILE)
        assert running.api.writes == writes
        assert running.get(endpoint).status == "UPDATE_PENDING"


def test_from_fixed_to_keda_and_back_no_worker_stops(running: Running) -> None:
    """The number is handed over in both directions, while a scaler and a finalizer act as KEDA's do."""
    with running.reconciler(pace=FAST):
        endpoint = ready(running, FIXED, max_workers=4)
        key = ObjectKey("apps/v1", "Deployment", NAMESPACE, endpoint.resource_name)
        scaler = ObjectKey("keda.sh/v1alpha1", "ScaledObject", NAMESPACE, endpoint.resource_name)
        seen: list[int] = []

        def watch(_kind: str, live: dict[str, object]) -> None:
            hear(_kind, live)
            if live["kind"] == "Deployment":
                seen.append(int((running.api.cluster.get(key) or {"spec": {"replicas": 0}})["spec"]["replicas"]))

        hear, running.api.cluster.changed = running.api.cluster.changed, watch
        switch(running, endpoint, KEDA)
        wait_until(lambda: running.live("ScaledObject", endpoint) is not None, "the ScaledObject")
        with running.api.changed:
            running.api.cluster.write(scaler, "keda-operator", ("metadata", "finalizers"), ["finalizer.keda.sh"])
            running.api.cluster.write(key, "keda-operator", REPLICAS, 2)
        switch(running, endpoint, FIXED)
        wait_until(
            lambda: bool((running.live("ScaledObject", endpoint) or {})["metadata"].get("deletionTimestamp")), "-"
        )
        time.sleep(A_WHILE)
        assert (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 2
        with running.api.changed:
            running.api.cluster.vanish(scaler)
        wait_until(lambda: (running.live("Deployment", endpoint) or {})["spec"]["replicas"] == 4, "4 replicas")
        assert set(seen) <= {2, 4}
    assert running.get(endpoint).generation == 3


def switch(running: Running, endpoint: Endpoint, texts: dict[str, str]) -> None:
    """Record the endpoint with other templates."""
    running.texts = dict(texts)
    digest = TemplateSets(running.database).record(texts)
    Endpoints(running.database).revise(
        ADA, endpoint.id, lambda before, _texts: Change(before.specification, before.bundle.id, digest, "restart")
    )


def test_objects_are_told_only_while_it_is_known_which_pods_there_are(running: Running) -> None:
    """A pod that came meanwhile would be missing; when the server answers again, they are listed anew and told."""

    def break_off(_method: str, path: str) -> None:
        if path.endswith("/pods"):
            raise ConnectionResetError

    with running.reconciler() as reconciler:
        endpoint = created(running)
        wait_until(lambda: bool(reconciler.live(endpoint.id)), "the endpoint's objects")
        running.api.before = break_off
        metadata = {"name": "pod-1", "namespace": NAMESPACE, "labels": {LABEL: endpoint.id}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
        with running.api.changed:
            running.api.cluster.apply(pod, "kube-controller-manager")
        wait_until(lambda: reconciler.live(endpoint.id) is None, "that nothing is told")
        running.api.before = lambda _method, _path: None
        wait_until(lambda: ObjectKey.of(pod) in (reconciler.live(endpoint.id) or {}), "the pod")
