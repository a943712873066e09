"""What Launch's temporal endpoints did wrong does not come back: one test for each, by its number."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.progress import Progress

from .asked import BUNDLES, ENDPOINTS, Asked
from .snapshots import FIXED


@pytest.fixture
def ask(database: Database) -> Asked:
    """The API over a database of each kind."""
    return Asked(database)


def test_d1_update_cannot_empty_the_queue(ask: Asked) -> None:
    """Workers would poll nothing."""
    endpoint_id = ask.create()
    for queue in ("", " ", "\t"):
        ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": queue}, status=422)
    assert ask.get(endpoint_id)["temporal_task_queue"] == "transcribe"


def test_d2_update_of_a_number_restarts_nobody_and_compares_no_bundle(ask: Asked) -> None:
    """The pods' template is the same, and so is the number of replicas where it is not asked for."""
    endpoint_id = ask.create(min_workers=1, max_workers=3)
    place = f"{ENDPOINTS}/{endpoint_id}?dry_run=true"
    before, after = (ask("PUT", place, change)["documents"][-1] for change in ({}, {"per_worker": 9}))
    assert before["spec"] == after["spec"]


def test_d3_and_d20_record_holds_all_that_is_asked_for(ask: Asked, database: Database) -> None:
    """It can be rebuilt without the cluster, and READY is not said before anything was seen."""
    endpoint_id = ask.create(cpus="1500m", gpus=0, max_workers=7)
    snapshot = Progress(database).snapshot(endpoint_id)
    assert snapshot is not None
    documents = documents_of(snapshot.endpoint, snapshot.texts)
    assert [each["spec"]["replicas"] for each in documents.values() if "spec" in each] == [7]
    assert snapshot.endpoint.status == "UPDATE_PENDING"


def test_d4_lists_ask_no_cluster(ask: Asked) -> None:
    """There is none here, and every endpoint is listed."""
    for name in ("a", "b"):
        ask.create(name=name)
    assert ask("GET", ENDPOINTS)["total"] == 2


@pytest.mark.parametrize(
    "name", ["DD_ENV", "AWS_PROFILE", "TEMPORAL_TASK_QUEUE", "HTTP_PORT", "TEMPORAL_SERVER_HOSTNAME", "POD_NAME"]
)
def test_d5_and_d18_reserved_variables_are_refused_with_the_bundle(ask: Asked, name: str) -> None:
    """Not later, where nobody is told, and not as a variable that is there twice."""
    flavor = {"flavor": "runnable_image", "repository": "r", "tag": "t", "command": [], "protocol": "http"}
    body = {"name": "worker", "schema_location": "", "flavor": {**flavor, "env": {name: "x"}}}
    assert f"{name} is set by the control plane" in str(ask("POST", BUNDLES, body, status=422)["detail"])


def test_d6_config_maps_stand_before_the_deployment(ask: Asked) -> None:
    """A failure in between leaves no Deployment that waits for its mounts."""
    assert [each["kind"] for each in ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish())["documents"]] == [
        "ConfigMap",
        "Deployment",
    ]


def test_d7_any_text_of_the_environment_arrives(ask: Asked) -> None:
    """Newlines, tabs, backslashes, both quotes, NBSP, `$`: as they were sent."""
    texts = ["a\nb", "a\tb", "a\\b", 'it\'s "b"', "\x85", "\xa0", "${X} $$ $(Y)", "😀"]
    bundle = ask.bundle(command=texts, env={f"V{number}": text for number, text in enumerate(texts)})
    documents = ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish(model_bundle_id=bundle))["documents"]
    (container,) = documents[-1]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == texts
    assert [each["value"] for each in container["env"][:-1]] == texts


@pytest.mark.parametrize("team", ["null", "1234", "true", "1.10", "no"])
def test_d8_labels_that_look_like_something_else_are_taken(ask: Asked, team: str) -> None:
    """They stay texts."""
    endpoint_id = ask.create(labels={"team": team, "product": team})
    assert ask.get(endpoint_id)["labels"] == {"team": team, "product": team}


def test_d9_queue_with_a_quote_is_that_queue(ask: Asked) -> None:
    """It reaches the worker as it was asked for."""
    endpoint_id = ask.create(temporal_task_queue='the "nightly" queue')
    deployment = ask("PUT", f"{ENDPOINTS}/{endpoint_id}?dry_run=true", {})["documents"][-1]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["env"][-1] == {"name": "TEMPORAL_TASK_QUEUE", "value": 'the "nightly" queue'}


@pytest.mark.parametrize("queue", ["a\\b", "a\nb", """it's "b\""""])
def test_d9_queue_that_templates_cannot_hold_is_refused_at_once(ask: Asked, queue: str) -> None:
    """Neither UPDATE_FAILED later nor another queue in silence."""
    detail = ask("POST", ENDPOINTS, ask.wish(temporal_task_queue=queue), status=422)["detail"]
    assert detail[0]["loc"] == ["body", "temporal_task_queue"]


def test_d10_address_that_templates_ask_for_is_demanded(ask: Asked) -> None:
    """A worker without an address never starts; the address itself is the chart's, or --temporal-address."""
    text = FIXED["user-config.yaml"].replace("${CONFIG_DATA_SERIALIZED}", "${TEMPORAL_ADDRESS}")
    ask.texts = {**FIXED, "user-config.yaml": text}
    assert "--temporal-address" in ask("POST", ENDPOINTS, ask.wish(), status=400)["detail"]


def test_d11_nothing_says_that_an_endpoint_is_async(ask: Asked) -> None:
    """The document has no route for tasks."""
    assert "async" not in json.dumps(list(ask.client.get("/openapi.json").json()["paths"]))


def test_d12_queue_is_in_the_answer(ask: Asked) -> None:
    """Of one, and of a list."""
    assert ask.get(ask.create())["temporal_task_queue"] == "transcribe"
    assert ask("GET", ENDPOINTS)["model_endpoints"][0]["temporal_task_queue"] == "transcribe"


def test_d13_workers_that_contradict_each_other_are_refused(ask: Asked) -> None:
    """Also by an update that names one of them; scaling from zero is possible."""
    ask("POST", ENDPOINTS, ask.wish(min_workers=4, max_workers=3), status=400)
    ask("POST", ENDPOINTS, ask.wish(min_workers=0, max_workers=0), status=400)
    endpoint_id = ask.create(min_workers=2)
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 1}, status=400)
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"min_workers": 4}, status=400)
    ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"min_workers": 0, "max_workers": 1})


def test_d14_password_is_neither_kept_nor_answered(ask: Asked) -> None:
    """It is refused, and the refusal does not repeat it."""
    secret = "correct-horse"  # noqa: S105 - made up
    auth = {"kind": "basic", "username": "u", "password": secret}
    answer = ask.client.post(
        ENDPOINTS, json=ask.wish(default_callback_auth=auth), headers={"Authorization": "Basic YTo="}
    )
    assert answer.status_code == 422
    assert secret not in answer.text


def test_d15_name_is_free_as_soon_as_the_endpoint_is_deleted(ask: Asked) -> None:
    """Also if it was listed just before."""
    first = ask.create()
    assert ask("GET", f"{ENDPOINTS}?name=transcribe")["total"] == 1
    assert ask("POST", ENDPOINTS, ask.wish(), status=400)["detail"] == "The specified model endpoint already exists."
    ask("DELETE", f"{ENDPOINTS}/{first}")
    second = ask.create()
    assert ask("GET", f"{ENDPOINTS}?name=transcribe")["model_endpoints"][0]["id"] == second


def test_d16_whole_machine_can_be_asked_for(ask: Asked) -> None:
    """Nothing is taken off for a forwarder; one more than the machine has is refused with its number."""
    ask.create(cpus=7, memory="30Gi", storage="640Gi")
    detail = ask("POST", ENDPOINTS, ask.wish(name="more", cpus=8), status=400)["detail"]
    assert detail == "Requested cpus=8 too high. The maximum for gpu_type=None is 7."


def test_d17_updates_at_once_do_not_undo_each_other(ask: Asked) -> None:
    """Each changes its own field, and both hold."""
    endpoint_id = ask.create(max_workers=100)
    changes = [{"per_worker": 50}, {"memory": "2Gi"}, {"temporal_task_queue": "other"}, {"min_workers": 7}]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda change: ask("PUT", f"{ENDPOINTS}/{endpoint_id}", change), changes))
    seen = ask.get(endpoint_id)
    state = seen["deployment_state"]
    assert (state["per_worker"], state["min_workers"], seen["resource_state"]["memory"]) == (50, 7, "2Gi")
    assert (seen["temporal_task_queue"], seen["generation"]) == ("other", 5)


def test_d19_objects_bear_the_endpoints_id(ask: Asked) -> None:
    """So they are found again when nothing else is known of them."""
    documents = ask("POST", f"{ENDPOINTS}?dry_run=true", ask.wish())["documents"]
    assert all(each["metadata"]["labels"]["endpoint_id"].startswith("end_") for each in documents)
