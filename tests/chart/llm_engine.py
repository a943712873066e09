"""How llm-engine's control plane treats one temporal endpoint: it fills a template, adds to it, and reads it back.

A model of scaleapi/llm-engine in two revisions: the proposal's branch, and the main branch, which does not know
temporal endpoints yet and is modelled by how it treats the others. It has string.Template, the Python repr of lists,
the YAML loader, and what llm-engine looks for. Where llm-engine would fail, or the API would refuse what it sends, the
model raises LlmEngineError and names what is missing.
"""

import base64
import binascii
import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import yaml

CONTRACT = Path(__file__).resolve().parents[2] / "schemas" / "contract.schema.json"

GPU_TYPES = frozenset(
    {
        "nvidia-tesla-t4",
        "nvidia-ampere-a10",
        "nvidia-ampere-a100",
        "nvidia-ampere-a100e",
        "nvidia-hopper-h100",
        "nvidia-hopper-h100-1g20gb",
        "nvidia-hopper-h100-3g40gb",
    }
)
# k8s_endpoint_resource_delegate.py, DATADOG_ENV_VAR: these five are replaced, any other DD_ variable stays.
DATADOG_VARIABLES = frozenset({"DD_TRACE_ENABLED", "DD_SERVICE", "DD_ENV", "DD_VERSION", "DD_AGENT_HOST"})
ANNOTATION_PREFIX = "temporal.scaleml.io/"
# Of the main branch: k8s_endpoint_resource_delegate.py, MODEL_CACHE_VOLUME_NAME and the environment variable DD_ENV.
MODEL_CACHE = "model-cache"
DATADOG_ENVIRONMENT = "production"
HIGH_PRIORITY_CLASS = "model-engine-high-priority"


class LlmEngineError(Exception):
    """llm-engine would fail here, or the Kubernetes API would refuse what llm-engine sends."""


@dataclass(frozen=True)
class Revision:
    """One state of llm-engine.

    Attributes:
        leaves_what_is_missing: a placeholder without an argument, or with None, stays as it is written, where it was an
            error; DD_ENV is an argument of every template.
        removes_model_cache: every volume and mount named model-cache goes.
    """

    branch: str
    commit: str
    leaves_what_is_missing: bool
    removes_model_cache: bool


PROPOSAL = Revision(
    "lilyz-ai/temporal-endpoint-type", "9fcc3c9", leaves_what_is_missing=False, removes_model_cache=False
)
MAIN = Revision("main", "a823696", leaves_what_is_missing=True, removes_model_cache=True)
REVISIONS = (PROPOSAL, MAIN)


@dataclass(frozen=True)
class EndpointState:
    """What llm-engine knows of an endpoint after reading its Deployment back."""

    deployment_name: str
    min_workers: int
    max_workers: int
    per_worker: int
    concurrent_requests_per_worker: int
    available_workers: int
    unavailable_workers: int
    cpus: str
    memory: str
    storage: str | None
    gpus: int
    gpu_type: str | None
    aws_role: str
    results_s3_bucket: str
    image: str
    labels: dict[str, str]
    high_priority: bool
    prewarm: None = None
    num_queued_items: None = None


def arguments_of(argument_set: Mapping[str, Any]) -> dict[str, Any]:
    """Return those arguments of a set (name to value) that llm-engine supplies: all but this project's own."""
    properties = json.loads(CONTRACT.read_text(encoding="utf-8"))["properties"]
    return {name: value for name, value in argument_set.items() if properties[name]["x-supplier"] == "llm-engine"}


def fill(template_text: str, arguments: Mapping[str, Any], revision: Revision = PROPOSAL) -> dict[str, Any]:
    """Return the one object that llm-engine makes of a template, lists filled in by their Python repr."""
    try:
        text = _substituted(template_text, arguments, revision)
    except KeyError as missing:
        raise LlmEngineError(f"llm-engine does not supply the placeholder {missing.args[0]}") from missing
    except ValueError as invalid:
        raise LlmEngineError(f"string.Template refuses the template: {invalid}") from invalid
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        raise LlmEngineError(f"the filled template is not one YAML document: {broken}") from broken
    if not isinstance(document, dict):
        raise LlmEngineError(f"the filled template is no YAML map but {type(document).__name__}")
    return document


def _substituted(template_text: str, arguments: Mapping[str, Any], revision: Revision) -> str:
    if not revision.leaves_what_is_missing:
        return Template(template_text).substitute(arguments)
    given = {name: value for name, value in arguments.items() if value is not None}
    return Template(template_text).safe_substitute({"DD_ENV": DATADOG_ENVIRONMENT} | given)


def prepare_deployment(deployment: Mapping[str, Any], revision: Revision = PROPOSAL) -> dict[str, Any]:
    """Return the Deployment as llm-engine sends it: Datadog's and the pod's own variables added to container `main`."""
    prepared = copy.deepcopy(dict(deployment))
    main = _main_container(prepared)
    environment = main.get("env")
    if not isinstance(environment, list):
        raise LlmEngineError("container main has no env list")
    labels = _get(prepared, "metadata", "labels")
    for name in ("service", "env", "version"):
        if f"tags.datadoghq.com/{name}" not in labels:
            raise LlmEngineError(f"metadata.labels has no tags.datadoghq.com/{name}")
    kept = [variable for variable in environment if _get(variable, "name") not in DATADOG_VARIABLES]
    main["env"] = [
        *kept,
        # Always on: what the template says of it is dropped (k8s_endpoint_resource_delegate.py).
        {"name": "DD_TRACE_ENABLED", "value": "true"},
        {"name": "DD_SERVICE", "value": labels["tags.datadoghq.com/service"]},
        {"name": "DD_ENV", "value": labels["tags.datadoghq.com/env"]},
        {"name": "DD_VERSION", "value": labels["tags.datadoghq.com/version"]},
        _from_field("DD_AGENT_HOST", "status.hostIP"),
        _from_field("POD_UID", "metadata.uid"),
        _from_field("POD_NAME", "metadata.name"),
        _from_field("NODE_NAME", "spec.nodeName"),
    ]
    if revision.removes_model_cache:
        _without_model_cache(_get(prepared, "spec", "template", "spec"))
    _refuse_what_is_not_text(prepared, main)
    return prepared


def _without_model_cache(pod: dict[str, Any]) -> None:
    holders = [(pod, "volumes")]
    holders += [(each, "volumeMounts") for kind in ("containers", "initContainers") for each in pod.get(kind) or []]
    for holder, key in holders:
        if key in holder:
            holder[key] = [each for each in holder[key] if each.get("name") != MODEL_CACHE]


def read_back(deployment: Mapping[str, Any], infra_service_config: Mapping[str, Any] | None = None) -> EndpointState:
    """Return what llm-engine reads from a Deployment, with its infra configuration for what the Deployment lacks."""
    main = _main_container(deployment)
    metadata = _get(deployment, "metadata")
    annotations = metadata.get("annotations") or {}
    pod = _get(deployment, "spec", "template", "spec")
    status = deployment.get("status") or {}
    requests = _get(main, "resources", "requests")
    gpu_type = (pod.get("nodeSelector") or {}).get("k8s.amazonaws.com/accelerator")
    if gpu_type is not None and gpu_type not in GPU_TYPES:
        raise LlmEngineError(f"nodeSelector k8s.amazonaws.com/accelerator: llm-engine knows no GPU type {gpu_type!r}")
    return EndpointState(
        deployment_name=_get(metadata, "name"),
        min_workers=_count(annotations, "minWorkers", 0),
        max_workers=_count(annotations, "maxWorkers", 0),
        per_worker=_count(annotations, "perWorker", 1),
        concurrent_requests_per_worker=1,
        available_workers=status.get("availableReplicas") or 0,
        unavailable_workers=status.get("unavailableReplicas") or 0,
        cpus=str(_get(requests, "cpu")),
        memory=str(_get(requests, "memory")),
        storage=requests.get("ephemeral-storage"),
        gpus=int((main["resources"].get("limits") or {}).get("nvidia.com/gpu", 0)),
        gpu_type=gpu_type,
        aws_role=_from_environment(main, "AWS_PROFILE", infra_service_config, "profile_ml_inference_worker"),
        results_s3_bucket=_from_environment(main, "RESULTS_S3_BUCKET", infra_service_config, "s3_bucket"),
        image=_get(main, "image"),
        labels=dict(_get(metadata, "labels")),
        high_priority=pod.get("priorityClassName") == HIGH_PRIORITY_CLASS,
    )


def read_autoscaler(autoscaler: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the bounds that llm-engine reads of container `main`, None if there is not one policy for it.

    It does so at every GET and LIST, so one autoscaler without a bound fails the list of all endpoints.
    """
    policies = [
        each
        for each in _get(autoscaler, "spec", "resourcePolicy", "containerPolicies")
        if _get(each, "containerName") == "main"
    ]
    if len(policies) != 1:
        return None
    return {
        f"{'min' if bound == 'minAllowed' else 'max'}_{name}": str(_get(policies[0], bound, name))
        for bound in ("minAllowed", "maxAllowed")
        for name in ("cpu", "memory")
    }


def read_user_config(config_maps: Iterable[Mapping[str, Any]], name: str) -> object:
    """Return the app_config that llm-engine reads from the ConfigMap of this name, among those of its endpoint_id."""
    for config_map in config_maps:
        if _get(config_map, "metadata", "name") != name:
            continue
        if not _get(config_map, "metadata", "labels").get("endpoint_id"):
            raise LlmEngineError(f"ConfigMap {name}: the label endpoint_id, by which llm-engine finds it, is missing")
        try:
            return json.loads(base64.b64decode(_get(config_map, "data", "raw_data"), validate=True))
        except (binascii.Error, ValueError, TypeError) as broken:
            raise LlmEngineError(f"ConfigMap {name}: data.raw_data is no base64 JSON: {broken}") from broken
    raise LlmEngineError(f"there is no ConfigMap {name}")


def _get(value: object, *path: str) -> Any:
    """Return what stands at a path, or name the first key that is missing."""
    for depth, key in enumerate(path, start=1):
        if not isinstance(value, Mapping) or value.get(key) is None:
            raise LlmEngineError(f"{'.'.join(path[:depth])} is missing")
        value = value[key]
    return value


def _main_container(deployment: Mapping[str, Any]) -> dict[str, Any]:
    containers: list[dict[str, Any]] = _get(deployment, "spec", "template", "spec", "containers")
    for container in containers:
        if container.get("name") == "main":
            return container
    raise LlmEngineError("the Deployment has no container main")


def _from_field(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _count(annotations: Mapping[str, str], name: str, default: int) -> int:
    text = annotations.get(ANNOTATION_PREFIX + name, default)
    try:
        return int(text)
    except (TypeError, ValueError) as broken:
        raise LlmEngineError(f"annotation {ANNOTATION_PREFIX}{name} is no integer: {text!r}") from broken


def _from_environment(
    main: Mapping[str, Any], name: str, infra_service_config: Mapping[str, Any] | None, fallback: str
) -> str:
    for variable in main.get("env") or []:
        if variable.get("name") == name and variable.get("value") is not None:
            return str(variable["value"])
    value = (infra_service_config or {}).get(fallback)
    if value is None:
        raise LlmEngineError(f"env {name} is missing, and so is {fallback} in llm-engine's infra configuration")
    return str(value)


def _refuse_what_is_not_text(deployment: Mapping[str, Any], main: Mapping[str, Any]) -> None:
    """Raise for what the API decodes as text but YAML made a number, boolean or date; it takes null as empty."""
    pod_template = _get(deployment, "spec", "template")
    maps = {
        "metadata.labels": _get(deployment, "metadata").get("labels"),
        "metadata.annotations": _get(deployment, "metadata").get("annotations"),
        "spec.selector.matchLabels": (deployment["spec"].get("selector") or {}).get("matchLabels"),
        "spec.template.metadata.labels": (pod_template.get("metadata") or {}).get("labels"),
        "spec.template.metadata.annotations": (pod_template.get("metadata") or {}).get("annotations"),
        "spec.template.spec.nodeSelector": pod_template["spec"].get("nodeSelector"),
        "env of container main": {variable["name"]: variable.get("value") for variable in main["env"]},
    }
    for where, texts in maps.items():
        for key, text in (texts or {}).items():
            if not isinstance(key, str) or not (text is None or isinstance(text, str)):
                raise LlmEngineError(f"{where}: {key!r}: {text!r} is not text, the API refuses it")
