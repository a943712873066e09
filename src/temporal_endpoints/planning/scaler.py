"""What scales one build of an endpoint: the backlog of its own version, and its own busy workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporal_endpoints.records.model import Endpoint

SCALER = "ScaledObject"
_QUEUE, _US = "temporal", "metrics-api"


def of_build(document: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """The document of an endpoint's newest build; what is no scaler, or has no version, stays as it is."""
    if document["kind"] != SCALER or endpoint.build is None:
        return document
    spec = document["spec"]
    return {**document, "spec": {**spec, "triggers": [_trigger(each, endpoint) for each in spec["triggers"]]}}


def _trigger(trigger: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, Any]:
    asked = trigger.get("metadata") or {}
    if trigger["type"] == _QUEUE:
        version = {"workerDeploymentName": endpoint.id, "workerDeploymentBuildId": endpoint.build}
        return {**trigger, "metadata": {**asked, **version}}
    if trigger["type"] == _US and str(asked.get("url")).endswith(f"/v1/scaling/{endpoint.id}"):
        return {**trigger, "metadata": {**asked, "url": f"{asked['url']}/{endpoint.build}"}}
    return trigger
