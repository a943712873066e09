"""The labels by which llm-engine, Datadog and people find what belongs to an endpoint or to a release."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from helm_nested.chart import load_chart
from helm_nested.engine import Release

from .bundle import CHART
from .names import launch_name


def endpoint_labels(values: Any, arguments: Mapping[str, Any]) -> dict[str, str]:
    """What llm-engine's control plane expects on every object of an endpoint."""
    environment = values["context"] or ""
    labels = {
        "user_id": arguments["OWNER"],
        "team": arguments["TEAM"],
        "product": arguments["PRODUCT"],
        "created_by": arguments["CREATED_BY"],
        "owner": arguments["OWNER"],
        "env": environment,
        "managed-by": launch_name(values),
        "use_scale_launch_endpoint_network_policy": "true",
        "tags.datadoghq.com/env": (values["datadog"] or {}).get("env") or environment,
        "tags.datadoghq.com/version": arguments["GIT_TAG"],
        "tags.datadoghq.com/service": arguments["ENDPOINT_NAME"],
        "endpoint_id": arguments["ENDPOINT_ID"],
        "endpoint_name": arguments["ENDPOINT_NAME"],
    }
    if values["azure"]:
        labels["azure.workload.identity/use"] = "true"
    return labels


def selector_labels(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Which pods are the endpoint's."""
    return {"app": arguments["RESOURCE_NAME"], "version": "v1"}


def release_labels(release: Release, component: str) -> dict[str, str]:
    """The labels of what a release installs, as Helm's documentation recommends them."""
    metadata = _chart_metadata()
    return {
        "app.kubernetes.io/name": "temporal-endpoints",
        "app.kubernetes.io/instance": release.name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "temporal-endpoints",
        "app.kubernetes.io/version": str(metadata["appVersion"]),
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"temporal-endpoints-{metadata['version']}",
    }


@cache
def _chart_metadata() -> dict[str, Any]:
    return load_chart(CHART).metadata
