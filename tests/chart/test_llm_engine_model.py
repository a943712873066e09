"""The model of llm-engine's control plane does what llm-engine does, and names what llm-engine would miss."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .llm_engine import (
    MAIN,
    PROPOSAL,
    REVISIONS,
    LlmEngineError,
    Revision,
    arguments_of,
    fill,
    prepare_deployment,
    read_autoscaler,
    read_back,
    read_user_config,
)

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${RESOURCE_NAME}
  labels:
    team: "${TEAM}"
    tags.datadoghq.com/service: speech
    tags.datadoghq.com/env: production
    tags.datadoghq.com/version: v1
  annotations:
    temporal.scaleml.io/minWorkers: "1"
    temporal.scaleml.io/maxWorkers: "4"
    temporal.scaleml.io/perWorker: "3"
spec:
  template:
    spec:
      priorityClassName: model-engine-high-priority
      nodeSelector:
        k8s.amazonaws.com/accelerator: nvidia-ampere-a10
      containers:
        - name: main
          image: worker:1
          command: ${COMMAND}
          env: ${MAIN_ENV}
          resources:
            requests: {cpu: "2", memory: 8Gi}
            limits: {cpu: "2", memory: 8Gi, nvidia.com/gpu: 1}
"""
ARGUMENTS: dict[str, Any] = {
    "RESOURCE_NAME": "launch-endpoint-id-end-1",
    "TEAM": "speech",
    "COMMAND": ["python", "-m", "worker"],
    "MAIN_ENV": [
        {"name": "MODEL", "value": "it's"},
        {"name": "DD_ENV", "value": "mine"},
        {"name": "AWS_PROFILE", "value": "ml"},
    ],
}
INFRA = {"profile_ml_inference_worker": "default", "s3_bucket": "results"}


def deployment() -> dict[str, Any]:
    """Return a filled Deployment that llm-engine is content with."""
    return fill(DEPLOYMENT, ARGUMENTS)


def main_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the first container of a Deployment."""
    container: dict[str, Any] = document["spec"]["template"]["spec"]["containers"][0]
    return container


def test_lists_are_filled_in_by_their_repr() -> None:
    """A list reaches the document by way of its Python repr, single quotes in a value included."""
    main = main_of(deployment())
    assert main["command"] == ["python", "-m", "worker"]
    assert main["env"][0] == {"name": "MODEL", "value": "it's"}


def test_repr_changes_a_line_break() -> None:
    """A line break in an environment value arrives as a backslash and an n, as it does with llm-engine."""
    assert fill("env: ${ENV}", {"ENV": [{"name": "A", "value": "one\ntwo"}]}) == {
        "env": [{"name": "A", "value": "one\\ntwo"}]
    }


@pytest.mark.parametrize(
    ("template", "arguments", "message"),
    [
        ("a: ${MISSING}", {}, "does not supply the placeholder MISSING"),
        ("a: $ 5", {}, "string.Template refuses"),
        ("env: ${ENV}", {"ENV": ['it\'s "both"']}, "not one YAML document"),
        ("a: 1\n---\nb: 2", {}, "not one YAML document"),
        ("", {}, "no YAML map but NoneType"),
        ("- ${A}", {"A": 1}, "no YAML map but list"),
    ],
)
def test_fill_fails_as_llm_engine_does(template: str, arguments: dict[str, Any], message: str) -> None:
    """What string.Template or the YAML loader refuses, and what is no map, is an error that says so."""
    with pytest.raises(LlmEngineError, match=message):
        fill(template, arguments)


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda revision: revision.branch)
def test_values_are_not_filled_twice(revision: Revision) -> None:
    """A placeholder inside an argument, and an argument that no placeholder names, are left alone."""
    assert fill('a: "${A}$$"', {"A": "${B}", "B": "no"}, revision) == {"a": "${B}$"}


def test_the_main_branch_leaves_what_is_missing() -> None:
    """On the main branch a placeholder without an argument, or with None, stays; before that was an error or a text."""
    assert fill('a: "${MISSING} $5"', {}, MAIN) == {"a": "${MISSING} $5"}
    assert fill('a: "${A}"', {"A": None}, MAIN) == {"a": "${A}"}
    assert fill('a: "${A}"', {"A": None}, PROPOSAL) == {"a": "None"}


def test_the_main_branch_fills_in_datadogs_environment() -> None:
    """On the main branch every template may name DD_ENV, whoever gives it; on the proposal's nobody does."""
    assert fill('a: "${DD_ENV}"', {}, MAIN) == {"a": "production"}
    assert fill('a: "${DD_ENV}"', {"DD_ENV": "mine"}, MAIN) == {"a": "mine"}
    with pytest.raises(LlmEngineError, match="placeholder DD_ENV"):
        fill('a: "${DD_ENV}"', {}, PROPOSAL)


def test_the_main_branch_takes_model_cache_out_of_every_pod() -> None:
    """Volumes and mounts of that name go, in every container; on the proposal's branch they stay."""
    document = deployment()
    names = [{"name": "model-cache"}, {"name": "other"}]
    pod = document["spec"]["template"]["spec"]
    pod["volumes"] = names
    main_of(document)["volumeMounts"] = names
    pod["initContainers"] = [{"name": "first", "volumeMounts": names}, {"name": "second"}]
    for revision, left in ((PROPOSAL, names), (MAIN, names[1:])):
        prepared = prepare_deployment(document, revision)["spec"]["template"]["spec"]
        assert prepared["volumes"] == left
        assert prepared["containers"][0]["volumeMounts"] == left
        assert prepared["initContainers"] == [{"name": "first", "volumeMounts": left}, {"name": "second"}]


def test_bounds_of_the_autoscaler_are_read_back() -> None:
    """All four bounds must be there, as text; another number of policies for `main` than one is no autoscaler."""
    bounds = {"minAllowed": {"cpu": 0, "memory": "0"}, "maxAllowed": {"cpu": "2", "memory": "8Gi"}}
    policies: list[dict[str, Any]] = [{"containerName": "main", **bounds}, {"containerName": "other"}]
    autoscaler = {"spec": {"resourcePolicy": {"containerPolicies": policies}}}
    expected = {"min_cpu": "0", "min_memory": "0", "max_cpu": "2", "max_memory": "8Gi"}
    assert read_autoscaler(autoscaler) == expected
    for bound in ("minAllowed", "maxAllowed"):
        broken = {"spec": {"resourcePolicy": {"containerPolicies": [{**policies[0], bound: {"cpu": "1"}}]}}}
        with pytest.raises(LlmEngineError, match=f"{bound}.memory is missing"):
            read_autoscaler(broken)
    assert read_autoscaler({"spec": {"resourcePolicy": {"containerPolicies": policies[1:]}}}) is None


def test_datadog_and_pod_variables_are_added() -> None:
    """Datadog's five variables come from the labels whatever the template says; the pod's own follow."""
    filled = deployment()
    main = main_of(prepare_deployment(filled))
    assert [each["name"] for each in main["env"]] == [
        *("MODEL", "AWS_PROFILE", "DD_TRACE_ENABLED", "DD_SERVICE", "DD_ENV", "DD_VERSION", "DD_AGENT_HOST"),
        *("POD_UID", "POD_NAME", "NODE_NAME"),
    ]
    assert {"name": "DD_ENV", "value": "production"} in main["env"]
    assert main["env"][-1] == {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    assert filled == deployment()


@pytest.mark.parametrize("name", ["service", "env", "version"])
def test_datadog_labels_are_needed(name: str) -> None:
    """Without one of Datadog's three labels llm-engine fails."""
    document = deployment()
    del document["metadata"]["labels"][f"tags.datadoghq.com/{name}"]
    with pytest.raises(LlmEngineError, match=f"no tags.datadoghq.com/{name}"):
        prepare_deployment(document)


def test_container_main_is_needed() -> None:
    """Without a container called main llm-engine neither sends nor reads a Deployment."""
    document = deployment()
    main_of(document)["name"] = "worker"
    for treatment in (prepare_deployment, read_back):
        with pytest.raises(LlmEngineError, match="no container main"):
            treatment(document)


def test_environment_is_needed() -> None:
    """Without an env list llm-engine has nothing to add to."""
    document = deployment()
    del main_of(document)["env"]
    with pytest.raises(LlmEngineError, match="no env list"):
        prepare_deployment(document)


@pytest.mark.parametrize("label", [1234, True, 1.1])
def test_labels_that_are_not_text_are_refused(label: object) -> None:
    """A label that YAML made a number or a boolean is refused, as the API would; null is taken."""
    document = deployment()
    document["metadata"]["labels"]["team"] = label
    with pytest.raises(LlmEngineError, match=r"metadata.labels: 'team'.*is not text"):
        prepare_deployment(document)
    document["metadata"]["labels"]["team"] = None
    prepare_deployment(document)


def test_endpoint_is_read_back() -> None:
    """Everything llm-engine remembers of an endpoint is read from where the Deployment carries it."""
    state = read_back(deployment(), infra_service_config=INFRA)
    assert (state.min_workers, state.max_workers, state.per_worker) == (1, 4, 3)
    assert (state.cpus, state.memory, state.storage) == ("2", "8Gi", None)
    assert (state.gpus, state.gpu_type) == (1, "nvidia-ampere-a10")
    assert (state.aws_role, state.results_s3_bucket) == ("ml", "results")
    assert (state.image, state.high_priority) == ("worker:1", True)
    assert state.labels["team"] == "speech"
    assert (state.concurrent_requests_per_worker, state.prewarm, state.num_queued_items) == (1, None, None)


def test_missing_annotations_read_back_as_defaults() -> None:
    """Without annotations llm-engine silently believes in 0 to 0 workers and one activity each."""
    document = deployment()
    del document["metadata"]["annotations"]
    state = read_back(document, infra_service_config=INFRA)
    assert (state.min_workers, state.max_workers, state.per_worker) == (0, 0, 1)


def test_role_falls_back_to_the_infra_configuration() -> None:
    """Without AWS_PROFILE llm-engine asks its infra configuration, and fails if that has no answer."""
    document = deployment()
    main_of(document)["env"].clear()
    assert read_back(document, infra_service_config=INFRA).aws_role == "default"
    with pytest.raises(LlmEngineError, match="AWS_PROFILE is missing"):
        read_back(document)


def test_read_back_names_what_is_wrong() -> None:
    """An unknown GPU type, an annotation that is no integer and missing requests are each named."""
    document = deployment()
    document["spec"]["template"]["spec"]["nodeSelector"]["k8s.amazonaws.com/accelerator"] = "nvidia-tesla-k80"
    with pytest.raises(LlmEngineError, match="no GPU type 'nvidia-tesla-k80'"):
        read_back(document, infra_service_config=INFRA)
    document = deployment()
    document["metadata"]["annotations"]["temporal.scaleml.io/maxWorkers"] = "many"
    with pytest.raises(LlmEngineError, match=r"temporal.scaleml.io/maxWorkers is no integer"):
        read_back(document, infra_service_config=INFRA)
    document = deployment()
    del main_of(document)["resources"]["requests"]["memory"]
    with pytest.raises(LlmEngineError, match="memory is missing"):
        read_back(document, infra_service_config=INFRA)


def test_user_config_is_read_back() -> None:
    """The user's configuration is the base64 JSON of a ConfigMap that llm-engine finds by its label endpoint_id."""
    config_map = {
        "metadata": {"name": "r", "labels": {"endpoint_id": "end_1"}},
        "data": {"raw_data": base64.b64encode(b'{"beam": 5}').decode()},
    }
    assert read_user_config([config_map], "r") == {"beam": 5}
    with pytest.raises(LlmEngineError, match="no ConfigMap other"):
        read_user_config([config_map], "other")
    config_map["metadata"] = {"name": "r", "labels": {"team": "speech"}}
    with pytest.raises(LlmEngineError, match="label endpoint_id"):
        read_user_config([config_map], "r")


def test_llm_engine_supplies_no_address() -> None:
    """Of a full argument set llm-engine supplies everything but what this project alone does."""
    schemas = Path(__file__).resolve().parents[2] / "schemas"
    argument_set = yaml.safe_load((schemas / "argument-sets" / "cpu-smallest.yaml").read_text(encoding="utf-8"))
    supplied = arguments_of(argument_set["arguments"])
    assert set(argument_set["arguments"]) - set(supplied) == {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
    assert json.loads(base64.b64decode(supplied["CONFIG_DATA_SERIALIZED"])) is None
