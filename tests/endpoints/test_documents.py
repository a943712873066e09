"""The documents of an endpoint: what its record says, exactly, or a refusal that names what cannot be."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nested_templates import outline
from nested_templates.errors import ContractError, FillError
from nested_templates.outline import Outlines
from temporal_endpoints.errors import RefusedError
from temporal_endpoints.planning.documents import RESTARTED_AT, Document, documents_of
from temporal_endpoints.specification import Surroundings

from .chart_texts import SCENARIOS, texts_of
from .recorded import FLAVOR, NAMESPACE
from .snapshots import DEPLOYMENT, FIXED, endpoint

# No U+0000, which no process environment can hold, and no half characters, which no UTF-8 can.
TEXTS_OF_ANY_KIND = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
QUEUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def filled(texts: Mapping[str, str] = FIXED, flavor: Mapping[str, Any] = FLAVOR, **changes: Any) -> list[Document]:
    """The documents of an endpoint, as the API server reads what is sent to it."""
    found = documents_of(endpoint(flavor, **changes), texts)
    return [json.loads(json.dumps(each)) for each in found.values()]


def container(documents: list[Document]) -> dict[str, Any]:
    """The worker's container."""
    (found,) = documents[-1]["spec"]["template"]["spec"]["containers"]
    return dict(found)


def environment(documents: list[Document]) -> dict[str, str]:
    """The worker's variables."""
    return {each["name"]: each["value"] for each in container(documents)["env"]}


def test_documents_say_what_the_record_says() -> None:
    """Image, command, variables and queue, in the endpoint's namespace and under its name."""
    documents = filled()
    assert [each["kind"] for each in documents] == ["ConfigMap", "Deployment"]
    assert {each["metadata"]["namespace"] for each in documents} == {NAMESPACE}
    assert container(documents) == {
        "name": "main",
        "image": "registry.example.com/worker:1.0",
        "command": ["python", "-m", "worker"],
        "env": [{"name": "MODEL", "value": "large"}, {"name": "TEMPORAL_TASK_QUEUE", "value": "transcribe"}],
    }
    assert base64.b64decode(documents[0]["data"]["raw_data"]) == b"null"


@settings(max_examples=300, deadline=None)
@given(command=st.lists(TEXTS_OF_ANY_KIND, max_size=4), value=TEXTS_OF_ANY_KIND)
def test_any_text_reaches_the_worker_as_it_was_meant(command: list[str], value: str) -> None:
    """Quotes of both kinds, newlines, `$`, `${X}`, tabs, control characters: nothing is read as something else (D7)."""
    documents = filled(flavor={**FLAVOR, "command": command, "env": {"VALUE": value}})
    assert container(documents)["command"] == command
    assert environment(documents)["VALUE"] == value


@settings(max_examples=300, deadline=None)
@given(queue=QUEUES)
@example(queue="\U000e0100")
def test_any_queue_is_refused_by_name_or_exactly_as_meant(queue: str) -> None:
    """A queue that an environment could not hold as it is is told, and none becomes another one (D9)."""
    try:
        documents = filled(temporal_task_queue=queue)
    except ContractError as error:
        assert "TEMPORAL_TASK_QUEUE" in str(error)  # noqa: PT017 - either way is right
        # Selectors of variants are printable to Python, and nobody sees them.
        is_seen = queue.isprintable() and not any("\U000e0100" <= each <= "\U000e01ef" for each in queue)
        assert "\\" in queue or {"'", '"'} <= set(queue) or not is_seen or queue != queue.strip()
    else:
        assert environment(documents)["TEMPORAL_TASK_QUEUE"] == queue


@pytest.mark.parametrize("team", ["null", "1234", "true", "1.10", "0x1F", "1e5", "no"])
def test_labels_stay_text(team: str) -> None:
    """What looks like a number or a word of YAML is a label all the same (D8)."""
    text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "${RESOURCE_NAME}"\n  namespace: "${NAMESPACE}"\n'
    text += '  labels: {endpoint_id: "${ENDPOINT_ID}", team: "${TEAM}"}\n'
    documents = filled({**FIXED, "user-config.yaml": text}, labels={"team": team, "product": "p"})
    assert documents[0]["metadata"]["labels"]["team"] == team


def test_documents_do_not_change_by_themselves() -> None:
    """No time and no random number is in them, so an update restarts nobody (D2)."""
    assert filled() == filled()


def test_number_of_workers_changes_no_pod() -> None:
    """A pod's template follows from nothing that scaling changes."""
    few, many = filled(max_workers=3), filled(max_workers=4)
    assert few[-1]["spec"].pop("replicas") == 3
    assert many[-1]["spec"].pop("replicas") == 4
    assert few == many


def test_restart_changes_the_pods_template() -> None:
    """Its moment is recorded, and is an annotation there."""
    documents = filled(restarted_at="2026-01-01T00:00:00Z")
    assert documents[-1]["spec"]["template"]["metadata"]["annotations"] == {RESTARTED_AT: "2026-01-01T00:00:00Z"}


def test_device_follows_the_gpus() -> None:
    """One with GPUs has the other template."""
    gpu = FIXED[DEPLOYMENT].replace("name: main", 'name: main, resources: {limits: {"nvidia.com/gpu": "${GPUS}"}}')
    texts = {**FIXED, "deployment-runnable-image-temporal-gpu.yaml": gpu}
    documents = filled(texts, gpus=2, gpu_type="nvidia-hopper-h100")
    assert container(documents)["resources"]["limits"] == {"nvidia.com/gpu": "2"}


ELSEWHERE = FIXED["user-config.yaml"].replace("${NAMESPACE}", "kube-system")
WITHOUT_LABEL = FIXED["user-config.yaml"].replace("endpoint_id", "other")
ASKING = FIXED["user-config.yaml"].replace("${CONFIG_DATA_SERIALIZED}", "${TEMPORAL_ADDRESS}")
DOUBLE = FIXED[DEPLOYMENT].replace("env: ${MAIN_ENV}", "env: [{name: A, value: a}, {name: A, value: b}]")


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("user-config.yaml", ELSEWHERE, r"Write \$\{NAMESPACE\}"),
        ("user-config.yaml", WITHOUT_LABEL, "has no label endpoint_id"),
        ("user-config.yaml", ASKING, "was not told. Start it with --temporal-address"),
        ("user-config.yaml", "a: 1\n", "a document has no 'metadata'"),
        ("endpoint-config.yaml", FIXED["user-config.yaml"], "twice"),
        (DEPLOYMENT, DOUBLE, "A is set by the templates as well as by the bundle"),
    ],
)
def test_templates_that_reach_beyond_the_endpoint_are_refused(key: str, text: str, said: str) -> None:
    """The message names the template and what to change."""
    with pytest.raises(RefusedError, match=said):
        filled({**FIXED, key: text})


def test_unknown_placeholder_is_refused() -> None:
    """As the harness refuses it."""
    with pytest.raises(FillError, match="nobody fills"):
        filled({**FIXED, "user-config.yaml": FIXED["user-config.yaml"].replace("RESOURCE_NAME", "RESOURCE_NAMES")})


def test_missing_templates_are_refused() -> None:
    """A ConfigMap without a Deployment's template, or without the autoscaler that is asked for."""
    with pytest.raises(RefusedError, match="have no deployment-runnable-image-temporal-gpu"):
        filled(gpus=1, gpu_type="nvidia-hopper-h100")
    with pytest.raises(RefusedError, match="optimize_costs"):
        filled(optimize_costs=True)


@pytest.mark.parametrize("gpus", [0, 1])
@pytest.mark.parametrize("scenario", [each.name for each in SCENARIOS])
def test_templates_of_the_chart_are_read_once(scenario: str, gpus: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents of the next endpoint are made without reading YAML, and are what a fill leads to."""
    texts = texts_of(scenario)
    around = Surroundings(git_tag="v1", temporal_address="temporal.example.com:7233", temporal_namespace="default")
    both: dict[str, Any] = {"gpus": gpus, "gpu_type": "nvidia-hopper-h100" if gpus else None, "surroundings": around}
    first = endpoint(**both)
    flavor = {**FLAVOR, "command": ["python", "-m", "another"], "env": {"MODEL": "'small' \"model\""}}
    second = endpoint(flavor, name="two", temporal_task_queue="translate: 2", max_workers=7, **both)
    second = replace(second, id="end_00000000000000000002", owner="vision", created_by="bo")
    documents_of(first, texts)
    with monkeypatch.context() as patched:
        for step in ("_made", "fill"):
            patched.setattr(outline, step, lambda *_: pytest.fail("it is read again"))
        found = documents_of(second, texts)
    monkeypatch.setattr(Outlines, "_by_outline", lambda *_: None)
    assert found == documents_of(second, texts)
