"""The API: Launch's routes and names; each owner's own; changes as they were asked for, and their history."""

from __future__ import annotations

from typing import Any

import pytest

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.planning.documents import RESTARTED_AT, documents_of
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints, User
from temporal_endpoints.records.model import Endpoint
from temporal_endpoints.records.progress import Progress

from .asked import BUNDLES, ENDPOINTS, Asked
from .snapshots import KEDA


@pytest.fixture
def ask(database: Database) -> Asked:
    """The API over a database of each kind."""
    return Asked(database)


def test_endpoint_is_created_and_read_in_launchs_names(ask: Asked) -> None:
    """With the queue, the generation and the conditions that Launch lacks."""
    bundle = ask.bundle()
    made = ask("POST", ENDPOINTS, ask.wish(model_bundle_id=bundle))
    endpoint_id = made["endpoint_id"]
    assert made["endpoint_creation_task_id"].startswith("end_")
    assert ask.changed == [endpoint_id]
    seen = ask.get(endpoint_id)
    assert {name: seen[name] for name in ("name", "endpoint_type", "status", "created_by", "bundle_id")} == {
        "name": "transcribe",
        "endpoint_type": "temporal",
        "status": "UPDATE_PENDING",
        "created_by": "speech",
        "bundle_id": bundle,
    }
    assert seen["temporal_task_queue"] == "transcribe"
    assert (seen["generation"], seen["observed_generation"], seen["conditions"]) == (1, 0, [])
    assert seen["deployment_state"]["max_workers"] == 3
    assert seen["resource_state"]["cpus"] == "1"
    assert seen["destination"] == f"launch-endpoint-id-{endpoint_id.replace('_', '-')}"


def test_update_changes_what_is_named_and_nothing_else(ask: Asked) -> None:
    """Null and what is left out stay; an update that asks for nothing new makes no generation."""
    endpoint_id = ask.create(labels={"team": "speech", "product": "captions", "tier": "gold"})
    before = ask.get(endpoint_id)
    assert ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 9, "memory": None})["generation"] == 2
    after = ask.get(endpoint_id)
    assert after["deployment_state"]["max_workers"] == 9
    told = {"generation", "deployment_state", "last_updated_at"}
    assert {k: v for k, v in after.items() if k not in told} == {k: v for k, v in before.items() if k not in told}
    assert ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 9})["generation"] == 2
    assert ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {})["generation"] == 2


def test_labels_that_are_named_are_merged(ask: Asked) -> None:
    """As Launch does: the others stay, and team and product are needed again."""
    endpoint_id = ask.create(labels={"team": "speech", "product": "captions", "tier": "gold"})
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"labels": {"team": "speech", "product": "subtitles"}})
    assert ask.get(endpoint_id)["labels"] == {"team": "speech", "product": "subtitles", "tier": "gold"}
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"labels": {"tier": "silver"}}, status=400)


def test_another_owner_gets_404_for_everything(ask: Asked) -> None:
    """As if it were not there."""
    endpoint_id, bundle = ask.create(), ask.bundle()
    place = f"{ENDPOINTS}/{endpoint_id}"
    calls: list[tuple[str, str, object]] = [
        ("GET", place, None),
        ("PUT", place, {"max_workers": 9}),
        ("DELETE", place, None),
        ("POST", f"{place}/restart", None),
        ("POST", f"{place}/rollback", None),
        ("GET", f"{place}/history", None),
        ("GET", f"{place}/events", None),
        ("GET", f"{BUNDLES}/{bundle}", None),
        ("GET", f"{BUNDLES}/latest?model_name=worker", None),
        ("POST", ENDPOINTS, {**ask.wish(), "model_bundle_id": bundle}),
    ]
    for method, path, body in calls:
        assert "detail" in ask(method, path, body, user="vision", status=404)
    assert ask("GET", ENDPOINTS, user="vision") == {"model_endpoints": [], "total": 0}
    assert ask.get(endpoint_id)["generation"] == 1


def test_list_is_ordered_and_comes_in_pages(ask: Asked) -> None:
    """By name, by age, by the alphabet."""
    bundle = ask.bundle()
    for name in ("b", "c", "a"):
        ask.create(name=name, model_bundle_id=bundle)

    def names(query: str) -> list[str]:
        found = ask("GET", f"{ENDPOINTS}?{query}")
        assert found["total"] == (1 if "name=" in query else 3)
        return [each["name"] for each in found["model_endpoints"]]

    assert names("order_by=oldest") == ["b", "c", "a"]
    assert names("order_by=newest") == names("") == ["a", "c", "b"]
    assert names("order_by=alphabetical") == ["a", "b", "c"]
    assert names("order_by=alphabetical&limit=2&offset=1") == ["b", "c"]
    assert names("name=c") == ["c"]
    ask("GET", f"{ENDPOINTS}?order_by=other", status=422)


def test_history_and_bundles_come_in_pages(ask: Asked) -> None:
    """As the list of endpoints does: there may be thousands of either."""
    endpoint_id = ask.create()
    for queue in ("a", "b", "c"):
        ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": queue})
    page = ask("GET", f"{ENDPOINTS}/{endpoint_id}/history?limit=2&offset=1")["revisions"]
    assert [each["generation"] for each in page] == [3, 2]
    bundles = [ask.bundle(tag=tag) for tag in ("1", "2", "3")]
    page = ask("GET", f"{BUNDLES}?model_name=worker&limit=2&offset=1")["model_bundles"]
    assert [each["id"] for each in page] == bundles[1::-1]
    for path in (f"{ENDPOINTS}/{endpoint_id}/history", BUNDLES):
        ask("GET", f"{path}?limit=0", status=422)


def test_rollback_asks_for_an_older_generation_again(ask: Asked) -> None:
    """As a new generation, and history has them all with their causes."""
    endpoint_id = ask.create()
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "other"})
    assert ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback")["generation"] == 3
    assert ask.get(endpoint_id)["temporal_task_queue"] == "transcribe"
    ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generation": 2})
    assert ask.get(endpoint_id)["temporal_task_queue"] == "other"
    revisions = ask("GET", f"{ENDPOINTS}/{endpoint_id}/history")["revisions"]
    assert [(each["generation"], each["cause"]) for each in revisions] == [
        (4, "rollback to generation 2"),
        (3, "rollback to generation 1"),
        (2, "update"),
        (1, "create"),
    ]
    assert "generation 9" in ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generation": 9}, status=400)["detail"]
    (misspelt,) = ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generaton": 1}, status=422)["detail"]
    assert (misspelt["loc"], "there is no such field" in misspelt["msg"]) == (["body", "generaton"], True)
    events = ask("GET", f"{ENDPOINTS}/{endpoint_id}/events")["events"]
    assert [each["reason"] for each in events][-1] == "create"


def test_new_templates_are_taken_by_a_restart_and_by_nothing_else(ask: Asked) -> None:
    """A changed chart restarts nobody by itself, nor does an update of something else; a rollback has the old ones."""
    endpoint_id = ask.create()
    ask.texts = dict(KEDA)
    place = f"{ENDPOINTS}/{endpoint_id}"

    def set_of(generation: int) -> str:
        revisions = ask("GET", f"{place}/history")["revisions"]
        return next(str(each["template_set"]) for each in revisions if each["generation"] == generation)

    ask("PUT", place, {"max_workers": 9})
    assert set_of(2) == set_of(1)
    assert ask("POST", f"{place}/restart") == {"restarted": True, "generation": 3}
    assert set_of(3) != set_of(1)
    ask("POST", f"{place}/rollback", {"generation": 2})
    assert set_of(4) == set_of(1)


def test_what_is_going_to_be_made_is_recorded_with_a_new_endpoint(ask: Asked) -> None:
    """By one commit, so whoever leads finds what it may have to clean up, and writes it no second time."""
    snapshot = Progress(ask.database).snapshot(ask.create())
    assert snapshot is not None
    assert {each.key for each in snapshot.objects} == documents_of(snapshot.endpoint, snapshot.texts).keys()
    assert {each.uid for each in snapshot.objects} == {None}


def test_dry_run_answers_with_documents_and_records_nothing(ask: Asked) -> None:
    """For a creation and for an update."""
    documents = ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish())["documents"]
    assert [each["kind"] for each in documents] == ["ConfigMap", "Deployment"]
    assert ask("GET", ENDPOINTS)["total"] == 0
    endpoint_id = ask.create()
    documents = ask("PUT", f"{ENDPOINTS}/{endpoint_id}?dry_run=true", {"max_workers": 9})["documents"]
    assert documents[-1]["spec"]["replicas"] == 9
    assert ask.get(endpoint_id)["generation"] == 1
    ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish(min_workers=9), status=400)
    assert "already exists" in ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish(), status=400)["detail"]
    ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
    ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish())


def test_dry_run_of_a_restart_has_the_newest_templates(ask: Asked) -> None:
    """And the moment of the restart, while what is recorded stays."""
    endpoint_id = ask.create()
    ask.texts = dict(KEDA)
    documents = ask("POST", f"{ENDPOINTS}/{endpoint_id}/restart?dry_run=true")["documents"]
    assert [each["kind"] for each in documents] == ["ConfigMap", "Deployment", "ScaledObject"]
    assert RESTARTED_AT in documents[1]["spec"]["template"]["metadata"]["annotations"]
    assert [each["kind"] for each in ask.tried(endpoint_id)] == ["ConfigMap", "Deployment"]
    assert ask.get(endpoint_id)["generation"] == 1


def test_dry_run_of_a_rollback_is_what_the_rollback_leads_to(ask: Asked) -> None:
    """With the bundle and the templates of then; what is not possible is refused as without it."""
    endpoint_id = ask.create()
    place = f"{ENDPOINTS}/{endpoint_id}"
    first = ask.tried(endpoint_id)
    ask.texts = dict(KEDA)
    ask("POST", f"{place}/restart")
    ask("PUT", place, {"model_bundle_id": ask.bundle(tag="2.0")})
    assert ask.tried(endpoint_id) != first
    assert ask("POST", f"{place}/rollback?dry_run=true", {"generation": 1})["documents"] == first
    assert ask("POST", f"{place}/rollback?dry_run=true")["documents"] != ask.tried(endpoint_id)
    assert "generation 9" in ask("POST", f"{place}/rollback?dry_run=true", {"generation": 9}, status=400)["detail"]
    assert ask.get(endpoint_id)["generation"] == 3
    ask("POST", f"{place}/rollback", {"generation": 1})
    assert ask.tried(endpoint_id) == first


def test_generation_that_cannot_be_filled_any_more_is_not_asked_for_again(ask: Asked, database: Database) -> None:
    """As of a time when less was refused: with a dry run and without, and nothing is recorded."""
    endpoint_id = ask.create()
    place = f"{ENDPOINTS}/{endpoint_id}"

    def revise(before: Endpoint, _texts: object) -> Change:
        asked = before.specification.model_copy(update={"temporal_task_queue": ""})
        return Change(asked, before.bundle.id, before.revision.template_set, "update")

    Endpoints(database).revise(User("speech", "speech"), endpoint_id, revise)
    ask("PUT", place, {"temporal_task_queue": "other"})
    for query in ("?dry_run=true", ""):
        refused = ask("POST", f"{place}/rollback{query}", {"generation": 2}, status=422)["detail"]
        assert "TEMPORAL_TASK_QUEUE" in refused
    assert ask.get(endpoint_id)["generation"] == 3


def test_deleted_endpoint_is_told_until_it_is_gone(ask: Asked) -> None:
    """It can be read, and not changed; to delete it again is no error."""
    endpoint_id = ask.create()
    for _ in range(2):
        assert ask("DELETE", f"{ENDPOINTS}/{endpoint_id}") == {"deleted": True}
    assert ask.get(endpoint_id)["status"] == "DELETE_IN_PROGRESS"
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 9}, status=404)
    ask("POST", f"{ENDPOINTS}/{endpoint_id}/restart", status=404)


def test_bundles_are_read_by_id_and_by_name(ask: Asked) -> None:
    """The latest of a name is the newest one."""
    first, second = ask.bundle(tag="1"), ask.bundle(tag="2")
    assert ask("GET", f"{BUNDLES}/{first}")["flavor"]["tag"] == "1"
    assert ask("GET", f"{BUNDLES}/latest?model_name=worker")["id"] == second
    assert [each["id"] for each in ask("GET", BUNDLES)["model_bundles"]] == [second, first]
    ask("GET", f"{BUNDLES}/latest?model_name=none", status=404)


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "type-async": ({"endpoint_type": "async"}, 422, "Only temporal endpoints run here"),
    "type-unknown": ({"endpoint_type": "Temporal"}, 422, "no endpoint_type"),
    "queue-missing": ({"temporal_task_queue": None}, 422, "temporal_task_queue is required"),
    "queue-empty": ({"temporal_task_queue": ""}, 422, "Temporal task queue"),
    "queue-spaces": ({"temporal_task_queue": "  "}, 422, "Temporal task queue"),
    "queue-long": ({"temporal_task_queue": "q" * 1001}, 422, "Temporal task queue"),
    "queue-bytes": ({"temporal_task_queue": "\u00e9" * 501}, 422, "it has 1002 bytes, and Temporal takes 1000"),
    "name-empty": ({"name": ""}, 422, "name"),
    "name-no-label": ({"name": "A b/é"}, 422, "label value"),
    "name-long": ({"name": "n" * 64}, 422, "label value"),
    "bundle-absent": ({"model_bundle_id": "bun_none"}, 404, "model bundle could not be found"),
    "label-missing": ({"labels": {"team": "speech"}}, 400, "'product' is missing"),
    "label-long": ({"labels": {"team": "speech", "product": "p" * 64}}, 400, "has 64 characters"),
    "label-value": ({"labels": {"team": "a b", "product": "p"}}, 400, "not a valid label value"),
    "label-key": ({"labels": {"team": "t", "product": "p", "a b": "c"}}, 400, "not a valid label key"),
    "label-reserved": ({"labels": {"team": "t", "product": "p", "user_id": "u"}}, 400, "reserved"),
    "gpus-without-type": ({"gpus": 1}, 400, "without gpu_type"),
    "type-without-gpus": ({"gpu_type": "nvidia-hopper-h100"}, 400, "with gpus=0"),
    "gpu-unknown": ({"gpus": 1, "gpu_type": "h100"}, 422, "GPU"),
    "cpus-zero": ({"cpus": 0}, 422, "more than 0"),
    "cpus-boolean": ({"cpus": True}, 422, "a quantity is"),
    "memory-word": ({"memory": "lots"}, 422, "Memory"),
    "memory-high": ({"memory": "31Gi"}, 400, "The maximum for gpu_type=None is 30Gi"),
    "workers-high": ({"max_workers": 251}, 400, "too high"),
    "workers-not-whole": ({"max_workers": 1.5}, 422, "integer"),
    "nodes": ({"nodes_per_worker": 2}, 422, "one node"),
    "billing-tags": ({"billing_tags": {"other": "x"}}, 422, "no billing tag"),
    "hooks": ({"post_inference_hooks": ["other"]}, 422, "no hook"),
    "text-with-nul": ({"metadata": {"a": ["\0"]}}, 422, "U+0000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_request_is_refused_by_name(ask: Asked, case: str) -> None:
    """On creation and, where the field can be changed, on update; nothing is recorded."""
    changes, status, said = REFUSED[case]
    assert said in str(ask("POST", ENDPOINTS, ask.wish(**changes), status=status)["detail"])
    assert ask("GET", ENDPOINTS)["total"] == 0
    if case.startswith("name") or case == "queue-missing":
        return
    endpoint_id = ask.create()
    detail = str(ask("PUT", f"{ENDPOINTS}/{endpoint_id}", changes, status=status)["detail"])
    assert said in detail or "was not found" in detail
    assert ask.get(endpoint_id)["generation"] == 1


FLAVORS: dict[str, dict[str, Any]] = {
    "other": {"flavor": "triton_enhanced_runnable_image"},
    "protocol": {"protocol": "grpc"},
    "image": {"repository": "a b"},
    "tag": {"tag": ""},
    "command": {"command": ["\0"]},
    "variable": {"env": {"1A": "x"}},
    "value": {"env": {"A": "\0"}},
}


@pytest.mark.parametrize("changes", FLAVORS.values(), ids=FLAVORS.keys())
def test_impossible_bundle_is_refused(ask: Asked, changes: dict[str, Any]) -> None:
    """What no pod could be made of is told at once."""
    flavor = {"flavor": "runnable_image", "repository": "r", "tag": "t", "command": [], "protocol": "http", **changes}
    ask("POST", BUNDLES, {"name": "worker", "schema_location": "", "flavor": flavor}, status=422)


def test_unknown_fields_are_ignored(ask: Asked) -> None:
    """As Launch ignores them: its clients send some that have no meaning here."""
    assert ask.create(forwarder_max_concurrency=3)


def test_database_that_is_gone_is_told_503(ask: Asked) -> None:
    """As everything that is worth another try."""

    def fail(*_: object) -> None:
        raise RecordsError("the database does not answer as it should: gone. Look after it, and try again.")

    ask.database.read = fail  # type: ignore[method-assign, assignment]
    assert "try again" in ask("GET", ENDPOINTS, status=503)["detail"]


def test_health_needs_no_key(ask: Asked) -> None:
    """Three paths, as Launch has them."""
    for path in ("/healthcheck", "/healthz", "/readyz"):
        answer = ask.client.get(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_openapi_is_3_1_and_names_every_status(ask: Asked) -> None:
    """What a client is generated from says how errors look."""
    document = ask.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            expected = {"200"} if "health" in operation["tags"] else {"200", "400", "401", "404", "422", "503"}
            assert set(operation["responses"]) >= expected, path


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("PATCH", ENDPOINTS)])
def test_route_that_is_not_there_is_told_with_what_to_do(ask: Asked, method: str, path: str) -> None:
    """Which was asked for, and where the others are listed."""
    detail = ask.client.request(method, path).json()["detail"]
    assert f"there is no route {method} {path}. GET /openapi.json lists" in detail
