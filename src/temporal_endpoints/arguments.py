"""The arguments that a control plane supplies: what an endpoint's record says, in the contract's names."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from temporal_endpoints.records.model import Endpoint

# Sixteen bytes: as many as Launch takes.
_HASH_DIGITS = 32
# By these a worker knows its version; `temporal_endpoints_worker` reads them.
DEPLOYMENT, BUILD = "TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID"
_AWS_CONFIG_FILE = "/opt/.aws/config"


def arguments_of(endpoint: Endpoint) -> dict[str, Any]:
    """All arguments of an endpoint; the same record always leads to the same ones."""
    asked = endpoint.specification
    around = asked.surroundings
    image = endpoint.bundle.image
    arguments: dict[str, Any] = {
        "RESOURCE_NAME": endpoint.resource_name,
        "NAMESPACE": endpoint.namespace,
        "ENDPOINT_ID": endpoint.id,
        "ENDPOINT_NAME": endpoint.name,
        "OWNER": endpoint.owner,
        "CREATED_BY": endpoint.created_by,
        "TEAM": asked.labels.get("team", ""),
        "PRODUCT": asked.labels.get("product", ""),
        "GIT_TAG": around.git_tag,
        "CHANGE_CAUSE_MESSAGE": _cause(endpoint),
        "PRIORITY": around.high_priority if asked.high_priority else around.default_priority,
        "IMAGE": image,
        "IMAGE_HASH": hashlib.sha256(image.encode()).hexdigest()[:_HASH_DIGITS],
        "COMMAND": list(endpoint.bundle.flavor["command"]),
        "MAIN_ENV": _environment(endpoint),
        "CPUS": asked.cpus,
        "MEMORY": asked.memory,
        "STORAGE_DICT": "" if asked.storage is None else f'ephemeral-storage: "{asked.storage}"',
        "MIN_WORKERS": asked.min_workers,
        "MAX_WORKERS": asked.max_workers,
        "PER_WORKER": asked.per_worker,
        "TEMPORAL_TASK_QUEUE": asked.temporal_task_queue,
        "INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH": around.infra_config_path,
        "CONFIG_DATA_SERIALIZED": _serialized(None),
        "ENDPOINT_CONFIG_SERIALIZED": _serialized(_description(endpoint)),
        "DD_TRACE_ENABLED": "False",
        "CONCURRENT_REQUESTS_PER_WORKER": asked.concurrent_requests_per_worker or min(asked.per_worker, 20),
    }
    optional = {
        "GPU_TYPE": asked.gpu_type,
        "GPUS": asked.gpus or None,
        "TEMPORAL_ADDRESS": around.temporal_address,
        "TEMPORAL_NAMESPACE": around.temporal_namespace,
        "AWS_ROLE": around.aws_profile,
    }
    return arguments | {name: value for name, value in optional.items() if value is not None}


def _cause(endpoint: Endpoint) -> str:
    # Without the time, which would make every message another one.
    revision, bundle = endpoint.revision, endpoint.bundle
    return (
        f"Generation {revision.generation} ({revision.cause}) of endpoint {endpoint.id}, from model bundle {bundle.id}"
    )


def _environment(endpoint: Endpoint) -> list[dict[str, str]]:
    variables = dict(endpoint.bundle.flavor.get("env") or {})
    profile = endpoint.specification.surroundings.aws_profile
    if profile is not None:
        variables |= {"AWS_PROFILE": profile, "AWS_CONFIG_FILE": _AWS_CONFIG_FILE}
    if endpoint.build is not None:
        variables |= {DEPLOYMENT: endpoint.id, BUILD: endpoint.build}
    variables["TEMPORAL_TASK_QUEUE"] = _unread(endpoint.specification.temporal_task_queue)
    return [{"name": name, "value": value} for name, value in variables.items()]


def _unread(text: str) -> str:
    """The text as a variable's value in which Kubernetes reads no reference: workers poll what the scaler watches."""
    return text.replace("$", "$$") if "$$" in text or "$(" in text else text


def _description(endpoint: Endpoint) -> Mapping[str, Any]:
    """What workers may read of their endpoint, in Launch's names."""
    asked = endpoint.specification
    described = {
        "endpoint_name": endpoint.name,
        "bundle_name": endpoint.bundle.name,
        "endpoint_type": "temporal",
        "user_id": endpoint.created_by,
        "labels": asked.labels,
        "billing_tags": asked.billing_tags,
        "post_inference_hooks": asked.post_inference_hooks,
        "default_callback_url": asked.default_callback_url,
    }
    return {name: value for name, value in described.items() if value is not None}


def _serialized(value: object) -> str:
    return base64.b64encode(json.dumps(value, sort_keys=True).encode()).decode()
