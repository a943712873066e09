"""An endpoint with versions: each bundle has objects of its own, and old ones stay until they have no work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from temporal_endpoints.api.application import create_application
from temporal_endpoints.api.authentication import Authenticator
from temporal_endpoints.api.scaler_token import ScalerToken
from temporal_endpoints.api.service import Service
from temporal_endpoints.identifier import BUNDLE, ENDPOINT, new_identifier, resource_name
from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.protection import Heed, Observation
from temporal_endpoints.observing.rollout import Rollout, Routed, Version
from temporal_endpoints.planning.actions import Create
from temporal_endpoints.planning.builds import documents_of_builds
from temporal_endpoints.planning.documents import Document, contract, documents_of
from temporal_endpoints.reconciling.reconciler import Reconciler
from temporal_endpoints.records.bundles import Bundles, new_bundle
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.model import Endpoint, ObjectKey, ObjectRecord, Snapshot
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.specification import Surroundings

from .api_server import ApiServer, serving
from .asked import ENDPOINTS, Asked
from .carried_out import CarriedOut
from .recorded import ADA, FLAVOR, NAMESPACE, create_endpoint
from .running import Running, wait_until
from .snapshots import KEDA, SCALED, SCALED_OBJECT, endpoint, snapshot

TRIGGER = """\
    - type: metrics-api
      metadata: {url: "http://here/v1/scaling/${ENDPOINT_ID}"}
    - type: metrics-api
      metadata: {url: "http://elsewhere/${ENDPOINT_ID}"}
    - type: cron
"""
BUSY = {**KEDA, SCALED: SCALED_OBJECT + TRIGGER}
NEWER = "bun_2"


def one(kind: str, documents: dict[ObjectKey, Document]) -> Document:
    """The document of that kind that comes first."""
    return next(document for key, document in documents.items() if key.kind == kind)


def with_bundle(of: Endpoint, bundle_id: str) -> Endpoint:
    """The endpoint after an update to another bundle."""
    revision = replace(of.revision, generation=2, bundle_id=bundle_id)
    return replace(of, generation=2, bundle=replace(of.bundle, id=bundle_id), revision=revision)


def updated(before: Snapshot) -> Snapshot:
    """The snapshot after an update to another bundle."""
    newer = with_bundle(before.endpoint, NEWER)
    return replace(before, endpoint=newer, older=((before.endpoint, before.texts),))


def test_workers_are_told_their_version_and_scaled_by_it() -> None:
    """Its queue's backlog, and its own busy workers; triggers of others stay as they are."""
    of = endpoint(versioning="current")
    documents = documents_of(of, BUSY)
    (container,) = one("Deployment", documents)["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each["value"] for each in container["env"]}
    assert (told["TEMPORAL_DEPLOYMENT_NAME"], told["TEMPORAL_WORKER_BUILD_ID"]) == (of.id, "bun_1")
    assert {key.name for key in documents} == {"launch-endpoint-id-end-00000000000000000001-1"}
    scaler = one("ScaledObject", documents)["spec"]
    assert scaler["scaleTargetRef"]["name"] == of.resource_name
    queue, ours, theirs, cron = scaler["triggers"]
    version = {"workerDeploymentName": of.id, "workerDeploymentBuildId": "bun_1"}
    assert queue["metadata"] == {"taskQueue": "transcribe", **version}
    assert ours["metadata"] == {"url": f"http://here/v1/scaling/{of.id}/bun_1"}
    assert theirs["metadata"] == {"url": f"http://elsewhere/{of.id}"}
    assert cron == {"type": "cron"}


def test_without_versions_everything_is_as_before() -> None:
    """No variable, no other name, no other trigger."""
    documents = documents_of(endpoint(), BUSY)
    assert "TEMPORAL_WORKER_BUILD_ID" not in str(documents)
    assert "workerDeployment" not in str(documents)
    assert {key.name for key in documents} == {"launch-endpoint-id-end-00000000000000000001"}


def test_name_of_a_build_is_its_own_and_short_enough() -> None:
    """KEDA's autoscaler bears it with a prefix, and the contract knows how long it may be."""
    endpoint_id = new_identifier(ENDPOINT)
    names = [resource_name(endpoint_id, new_identifier(BUNDLE)) for _ in range(200)]
    assert len(set(names)) == 200
    assert not [fault for name in names for fault in contract().faults_of("RESOURCE_NAME", name)]


def test_new_build_comes_beside_the_old_one_and_begins_with_a_worker() -> None:
    """Temporal knows a build only when a worker has polled; nothing of the old build is written."""
    begun = CarriedOut(snapshot(KEDA, versioning="current", min_workers=0))
    begun.settle(documents_of_builds(begun.snapshot, (), hold=False))
    before = dict(begun.cluster.all())
    begun.snapshot = updated(begun.snapshot)
    documents = documents_of_builds(begun.snapshot, (), hold=False)
    assert [name.rpartition("-")[2] for _, _, _, name in documents] == ["2"] * 3 + ["1"] * 3
    actions = begun.plan(documents).actions
    assert [type(each) for each in actions] == [Create] * 3
    assert [each.replicas for each in actions if isinstance(each, Create) and each.key.kind == "Deployment"] == [1]
    begun.settle(documents)
    assert {key: begun.cluster.get(key) for key in before} == before


def test_old_build_goes_with_all_its_objects_and_the_new_one_stays() -> None:
    """Its scaler first, so that no worker is started meanwhile; the newest build never goes by this."""
    begun = CarriedOut(snapshot(KEDA, versioning="current"))
    begun.settle(documents_of_builds(begun.snapshot, (), hold=False))
    begun.snapshot = updated(begun.snapshot)
    begun.settle(documents_of_builds(begun.snapshot, (), hold=False))
    begun.settle(documents_of_builds(begun.snapshot, {"bun_1", NEWER}, hold=False))
    assert {key.name.rpartition("-")[2] for key in begun.cluster.all()} == {"2"}
    assert len(begun.cluster.all()) == 3


def test_each_build_has_a_budget_of_its_own() -> None:
    """Where drains are held: one selects the old build's pods, one the new one's."""
    documents = documents_of_builds(updated(snapshot(KEDA, versioning="current")), (), hold=True)
    budgets = [document for key, document in documents.items() if key.kind == "PodDisruptionBudget"]
    assert len({str(each["spec"]["selector"]) for each in budgets}) == 2


@dataclass
class Recorded:
    """A database with an endpoint that has versions."""

    database: Database
    endpoint: Endpoint

    def resize(self) -> Endpoint:
        """The endpoint after an update of something else."""

        def change(before: Endpoint, _texts: object) -> Change:
            asked = before.specification.model_copy(update={"max_workers": 9})
            return Change(asked, before.bundle.id, before.revision.template_set, "update")

        return Endpoints(self.database).revise(ADA, self.endpoint.id, change)

    def update(self) -> Endpoint:
        """The endpoint after an update to a new bundle."""
        new = new_bundle(ADA, "worker", schema_location="", metadata={}, flavor={**FLAVOR, "tag": "2.0"})
        bundle = Bundles(self.database).create(new)

        def change(before: Endpoint, _texts: object) -> Change:
            return Change(before.specification, bundle.id, before.revision.template_set, "update")

        return Endpoints(self.database).revise(ADA, self.endpoint.id, change)

    def snapshot(self) -> Snapshot:
        """What the records hold of it."""
        found = Progress(self.database).snapshot(self.endpoint.id)
        assert found is not None
        return found


@pytest.fixture
def recorded(database: Database) -> Recorded:
    """One endpoint of its first build."""
    return Recorded(database, create_endpoint(database, versioning="current"))


def test_records_know_the_builds_that_still_have_objects(recorded: Recorded) -> None:
    """By the objects alone, so that a crash in between loses nothing; the newest revision of a build counts."""
    progress, first = Progress(recorded.database), recorded.resize()
    second = recorded.update()
    assert recorded.snapshot().older == []
    token = progress.lead("one", 60.0)
    assert token is not None
    key = ObjectKey("apps/v1", "Deployment", NAMESPACE, first.resource_name)
    progress.record(token, first.id, [ObjectRecord(key)])
    progress.record(token, first.id, [ObjectRecord(key._replace(name=second.resource_name))])
    ((older, texts),) = recorded.snapshot().older
    assert (older.build, older.resource_name, older.revision.generation) == (first.build, first.resource_name, 2)
    assert texts == recorded.snapshot().texts
    assert [each.build for each in progress.queues()] == [second.build]
    progress.forget(token, first.id, key)
    assert recorded.snapshot().older == []


def test_endpoints_without_versions_have_no_builds(database: Database) -> None:
    """Whatever bundles they had."""
    other = Recorded(database, create_endpoint(database))
    other.update()
    token = Progress(database).lead("one", 60.0)
    assert token is not None
    Progress(database).record(token, other.endpoint.id, [ObjectRecord(ObjectKey("v1", "ConfigMap", NAMESPACE, "x"))])
    assert (other.snapshot().older, other.snapshot().endpoint.build) == ((), None)
    assert [each.build for each in Progress(database).queues()] == [None]


def names(api: ApiServer) -> set[str]:
    """What the objects in the cluster are called."""
    with api.changed:
        return {key.name for key in api.cluster.all()}


def test_builds_come_and_go_in_the_cluster(database: Database) -> None:
    """READY waits until the new build takes the new work; the old one goes once it is known to have none."""
    api = ApiServer()
    with serving(api) as address:
        running, observations = Running(database, api, address), Observations(60.0)
        first = create_endpoint(database, versioning="current")
        made = Recorded(database, first)

        def see(reconciler: Reconciler, newest: Endpoint, routed: Routed, *retired: str) -> None:
            assert newest.build is not None
            builds = {first.build or "", newest.build}
            versions = {build: Version(Routed.DRAINED) for build in builds} | {newest.build: Version(routed)}
            demands = dict.fromkeys(builds, Demand({}, 0, 0, 0))
            rollout = Rollout(first.id, "default", newest.build, versions, demands, frozenset(retired))
            whole = Observation(first.id, time.monotonic(), Demand({}, 0, 0, 0), Heed.HEARD, rollout=rollout)
            for endpoint_id in observations.publish([first.id], [whole], {}):
                reconciler.seen(endpoint_id)

        with running.reconciler(observations=observations) as reconciler:
            wait_until(lambda: running.live("Deployment", first) is not None, "the first build")
            running.run_workers(first)
            see(reconciler, first, Routed.CURRENT)
            running.wait_for(first, "READY")
            second = made.update()
            wait_until(lambda: running.live("Deployment", second) is not None, "the second build")
            running.run_workers(second)
            assert running.live("Deployment", first) is not None
            see(reconciler, second, Routed.INACTIVE)
            wait_until(lambda: "WaitingForWorkers" in str(running.get(first).conditions), "its condition")
            assert running.get(first).status == "UPDATE_IN_PROGRESS"
            see(reconciler, second, Routed.CURRENT)
            running.wait_for(second, "READY")
            assert running.live("Deployment", first) is not None
            see(reconciler, second, Routed.CURRENT, str(first.build))
            wait_until(lambda: names(api) == {second.resource_name}, "the end of the first build")
            Endpoints(database).delete(ADA, first.id)
            wait_until(lambda: api.cluster.all() == {}, "the end of the endpoint")


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """The API over a database of its own."""
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    database.migrate()
    yield Asked(database, KEDA, has_versions=True)
    database.close()


def test_versions_are_asked_for_when_an_endpoint_is_made(asked: Asked) -> None:
    """The answer tells them, and the name of the newest build's Deployment."""
    made = asked.get(asked.create(versioning="current"))
    assert (made["versioning"], len(made["deployment_name"])) == ("current", 52)
    other = asked.get(asked.create(name="other"))
    assert (other["versioning"], len(other["deployment_name"])) == ("none", 43)


@pytest.mark.parametrize(
    ("before", "changes", "said"),
    [
        ("current", {"versioning": "none"}, "versioning is 'current' since the endpoint was made"),
        ("none", {"versioning": "current"}, "versioning is 'none' since the endpoint was made"),
        ("current", {"temporal_task_queue": "other"}, "temporal_task_queue of an endpoint with versions cannot change"),
    ],
)
def test_what_would_leave_work_behind_is_refused(asked: Asked, before: str, changes: dict[str, Any], said: str) -> None:
    """And what is named as it is already is no change."""
    path = f"{ENDPOINTS}/{asked.create(versioning=before)}"
    assert said in asked("PUT", path, changes, status=400)["detail"]
    asked("PUT", path, {"versioning": before, "max_workers": 4})


def test_versions_that_a_bundle_sets_itself_are_refused(asked: Asked) -> None:
    """At the request, as Kubernetes would refuse the pod; an endpoint without versions may set them."""
    bundle = asked.bundle(env={"TEMPORAL_WORKER_BUILD_ID": "7"})
    wish = asked.wish(model_bundle_id=bundle, versioning="current")
    assert (
        "TEMPORAL_WORKER_BUILD_ID is set by the control plane" in asked("POST", ENDPOINTS, wish, status=400)["detail"]
    )
    made = asked.create(name="other", versioning="current")
    assert (
        "Leave it out of env" in asked("PUT", f"{ENDPOINTS}/{made}", {"model_bundle_id": bundle}, status=400)["detail"]
    )
    asked.create(name="third", model_bundle_id=bundle)


def test_versions_need_a_control_plane_that_sees_temporal(database: Database) -> None:
    """Nobody would tell Temporal which build takes the new work, and the old one would go on for ever."""
    asked = Asked(database)
    told = asked("POST", ENDPOINTS, asked.wish(versioning="current"), status=400)["detail"]
    assert "--temporal-address" in told
    assert "versioning" in str(asked("POST", ENDPOINTS, asked.wish(versioning="ramped"), status=422)["detail"])


def test_scaler_of_a_build_is_told_what_that_build_needs(database: Database, tmp_path: Path) -> None:
    """By its own token; of a build that was not seen nothing is known, which takes no worker away."""
    made = create_endpoint(database, versioning="current")
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    observations = Observations(60.0)
    needed = {"bun_1": Demand({"a": Work.BUSY}, 0, 1, 1), "bun_2": Demand({}, 4, 0, 2)}
    versions = {build: Version(Routed.DRAINING) for build in needed}
    rollout = Rollout(made.id, "default", "bun_2", versions, needed)
    whole = Demand({"a": Work.BUSY}, 4, 1, 3)
    observations.publish([made.id], [Observation(made.id, time.monotonic(), whole, Heed.HEARD, rollout=rollout)], {})
    service = Service(database, NAMESPACE, Surroundings(git_tag="v1"), dict, observed=observations.of)
    application = create_application(service, Authenticator(), scaler_token=ScalerToken(tmp_path / "token"))
    client = TestClient(application)

    def wanted(build: str, header: str = "Bearer secret") -> tuple[int, Any]:
        answer = client.get(f"/v1/scaling/{made.id}{build}", headers={"Authorization": header})
        return answer.status_code, answer.json().get("wanted")

    assert [wanted(build) for build in ("/bun_1", "/bun_2", "")] == [(200, 1), (200, 2), (200, 3)]
    assert wanted("/bun_3") == (503, None)
    assert wanted("/bun_1", "Bearer other")[0] == 401
