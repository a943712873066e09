"""What scales one build of an endpoint: the backlog of its own version, and its own busy workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporal_endpoints.records.model import Endpoint

SCALER = "ScaledObject"
_QUEUE, _US = "temporal", "metrics-api"
_DEPLOYMENT, _BUILD = "workerDeploymentName", "workerDeploymentBuildId"


def of_build(document: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    """The document of an endpoint's newest build; what is no scaler, or has no version, stays as it is."""
    if document["kind"] != SCALER or endpoint.build is None:
        return document
    spec = document["spec"]
    return {**document, "spec": {**spec, "triggers": [_trigger(each, endpoint) for each in spec["triggers"]]}}


def counts_builds(scaled_object: Mapping[str, Any]) -> bool:
    """Whether KEDA counts the work of one build where a live ScaledObject asks for that; so while it is not known.

    A KEDA before 2.20 ignores the two settings without a word. The names of its metrics, which KEDA writes into the
    status, tell: since 2.20 they end in the version that is counted.
    """
    names = [str(name) for name in (scaled_object.get("status") or {}).get("externalMetricNames") or ()]
    for number, trigger in enumerate((scaled_object.get("spec") or {}).get("triggers") or ()):
        asked = trigger.get("metadata") or {}
        if trigger.get("type") != _QUEUE or _BUILD not in asked:
            continue
        name = next((each for each in names if each.startswith(f"s{number}-{_QUEUE}-")), None)
        if name is not None and not name.endswith(f"-{asked.get(_DEPLOYMENT)}-{asked[_BUILD]}"):
            return False
    return True


def _trigger(trigger: Mapping[str, Any], endpoint: Endpoint) -> Mapping[str, Any]:
    asked = trigger.get("metadata") or {}
    if trigger["type"] == _QUEUE:
        version = {_DEPLOYMENT: endpoint.id, _BUILD: endpoint.build}
        return {**trigger, "metadata": {**asked, **version}}
    if trigger["type"] == _US and str(asked.get("url")).endswith(f"/v1/scaling/{endpoint.id}"):
        return {**trigger, "metadata": {**asked, "url": f"{asked['url']}/{endpoint.build}"}}
    return trigger
