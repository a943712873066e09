"""Scaling: fixed or by KEDA, bounds, the trigger, the pace, and never two owners of the replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import KEDA, argument_sets, merged, render
from .free_values import entries, filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]

# KEDA's own: https://keda.sh/docs/latest/reference/scaledobject-spec/#cooldownperiod
KEDA_COOLDOWN = 300
# Kubernetes' own grace period, in seconds.
KUBERNETES_GRACE = 30


@over(kind="Deployment", stage="filled")
def test_replicas_have_one_owner(document: Document, values: Document, arguments: Document) -> None:
    """Fixed scaling runs MAX_WORKERS replicas; with KEDA the field is absent, as an autoscaler owns it."""
    expected = arguments["MAX_WORKERS"] if values["temporal.scaling"] == "fixed" else None
    assert document["spec"].get("replicas") == expected
    assert ("replicas" in document["spec"]) == (expected is not None)


@over(kind="ScaledObject", stage="filled")
def test_scale_target_is_in_the_bundle(document: Document, bundle: Any, arguments: Document) -> None:
    """The ScaledObject scales a Deployment of its own bundle, in its own namespace, which says nothing of replicas."""
    target = document["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "Deployment", "name": arguments["RESOURCE_NAME"]}
    deployments = [
        each for device in ("cpu", "gpu") for each in bundle.filled(f"deployment-runnable-image-temporal-{device}.yaml")
    ]
    assert deployments
    for each in deployments:
        assert {key: each[key] for key in ("apiVersion", "kind")} | {"name": each["metadata"]["name"]} == target
        assert each["metadata"]["namespace"] == document["metadata"]["namespace"]
        assert "replicas" not in each["spec"]


@over(kind="Deployment", choices={"scaling": "keda"}, stage="filled")
def test_with_keda_every_endpoint_has_a_scaled_object(document: Document, bundle: Any) -> None:
    """A Deployment without replicas is never left without the ScaledObject that gives it some."""
    (scaled,) = bundle.filled("keda-scaled-object-temporal.yaml")
    assert scaled["metadata"]["name"] == document["metadata"]["name"]


@over(kind="ScaledObject", stage="filled")
def test_bounds_are_the_endpoints(document: Document, arguments: Document) -> None:
    """The bounds are the endpoint's MIN_WORKERS and MAX_WORKERS as numbers, zero included."""
    assert document["spec"]["minReplicaCount"] == arguments["MIN_WORKERS"]
    assert document["spec"]["maxReplicaCount"] == arguments["MAX_WORKERS"]


@over(kind="ScaledObject", stage="filled")
def test_pace_is_what_the_values_say(document: Document, values: Document) -> None:
    """Polling, cooldowns, the idle count, restoring and the HPA's behaviour are the values; null is absent."""
    keda = {
        name: values[f"temporal.keda.{name}"]
        for name in ("pollingInterval", "initialCooldownPeriod", "idleReplicaCount")
    }
    spec = document["spec"]
    assert {name: spec.get(name) for name in keda} == keda
    behavior = values["temporal.keda.behavior"]
    assert spec["advanced"] == {
        "restoreToOriginalReplicaCount": bool(values["temporal.keda.restoreToOriginalReplicaCount"]),
        **({"horizontalPodAutoscalerConfig": {"behavior": behavior}} if behavior else {}),
    }


@over(kind="ScaledObject", stage="filled")
def test_cooldown_lets_activities_finish(document: Document, values: Document) -> None:
    """The step to zero waits as the value says, else as long as a worker may take, and no less than KEDA's own."""
    cooldown = values["temporal.keda.cooldownPeriod"]
    if cooldown is None:
        grace = values["temporal.terminationGracePeriodSeconds"]
        cooldown = max(KEDA_COOLDOWN, KUBERNETES_GRACE if grace is None else grace)
    assert document["spec"]["cooldownPeriod"] == cooldown


@over(kind="ScaledObject", stage="filled")
def test_trigger_is_what_the_values_say(document: Document, values: Document, arguments: Document) -> None:
    """The first asks Temporal for the backlog of the endpoint's queue; its metadata are texts, unset ones absent."""
    connection, keda = "temporal.connection", "temporal.keda"
    target = values[f"{keda}.targetQueueSize"]
    by_argument = values[f"{connection}.addressFrom"] == "argument"
    namespace_by_argument = values[f"{connection}.namespaceFrom"] == "argument"
    metadata = {
        "endpoint": arguments["TEMPORAL_ADDRESS"] if by_argument else values[f"{connection}.address"],
        "namespace": arguments["TEMPORAL_NAMESPACE"]
        if namespace_by_argument
        else values[f"{connection}.namespace"] or "default",
        "taskQueue": arguments["TEMPORAL_TASK_QUEUE"],
        "targetQueueSize": arguments["PER_WORKER"] if target is None else target,
        "queueTypes": ",".join(values[f"{keda}.queueTypes"] or ["activity"]),
        "activationTargetQueueSize": values[f"{keda}.activationTargetQueueSize"],
        "minConnectTimeout": values[f"{keda}.minConnectTimeout"],
        "enableTLS": values[f"{keda}.enableTLS"],
        "includeRunningWorkflowCount": values[f"{keda}.includeRunningWorkflowCount"],
        "workflowTaskQueueForCount": values[f"{keda}.workflowTaskQueueForCount"],
        "tlsServerName": values[f"{connection}.tls.serverName"] or None,
        "unsafeSsl": True if values[f"{connection}.tls.disableHostVerification"] else None,
    }
    trigger = document["spec"]["triggers"][0]
    assert trigger["type"] == "temporal"
    assert trigger["metadata"] == {name: _text(value) for name, value in metadata.items() if value is not None}
    assert trigger.get("useCachedMetrics") == (True if values[f"{keda}.useCachedMetrics"] else None)
    assert set(trigger) <= {"type", "metadata", "useCachedMetrics", "authenticationRef"}


@over(kind="ScaledObject", stage="filled")
def test_busy_workers_are_asked_for_if_the_values_say_so(
    document: Document, values: Document, arguments: Document
) -> None:
    """A second trigger asks the control plane how many workers of this endpoint are wanted, each worth one."""
    path = "temporal.keda.busyWorkers"
    asked = {
        "type": "metrics-api",
        "metadata": {
            "url": f"{str(values[f'{path}.url'] or '').rstrip('/')}/v1/scaling/{arguments['ENDPOINT_ID']}",
            "valueLocation": "wanted",
            "targetValue": "1",
            "authMode": "bearer",
        },
        "authenticationRef": {"name": arguments["RESOURCE_NAME"]},
    }
    assert document["spec"]["triggers"][1:] == ([asked] if values[f"{path}.enabled"] else [])


@over(kind="ScaledObject", stage="filled")
def test_fallback_never_removes_workers_unless_told(document: Document, values: Document, arguments: Document) -> None:
    """A Temporal outage leaves the replica count alone; a fallback that is switched on is what the values say."""
    fallback = values["temporal.keda.fallback"]
    expected = None
    if fallback["enabled"]:
        replicas = fallback.get("replicas")
        expected = {
            "failureThreshold": fallback["failureThreshold"],
            "behavior": fallback["behavior"],
            "replicas": arguments["MAX_WORKERS"] if replicas is None else replicas,
        }
    assert document["spec"].get("fallback") == expected


@over(kind="ScaledObject", stage="filled")
def test_annotations_pause_it_and_are_the_users(document: Document, values: Document, arguments: Document) -> None:
    """Each way to pause is KEDA's annotation, absent unless asked for, and the user's own stand beside."""
    pause = {name: values[f"temporal.keda.pause.{name}"] for name in ("enabled", "replicas", "scaleIn", "scaleOut")}
    expected = {
        "autoscaling.keda.sh/paused": "true" if pause["enabled"] else None,
        "autoscaling.keda.sh/paused-replicas": None if pause["replicas"] is None else str(pause["replicas"]),
        "autoscaling.keda.sh/paused-scale-in": "true" if pause["scaleIn"] else None,
        "autoscaling.keda.sh/paused-scale-out": "true" if pause["scaleOut"] else None,
        **filled(entries(values["temporal.keda.annotations"]), arguments),
    }
    expected = entries(expected)
    assert document["metadata"].get("annotations", {}) == expected
    assert ("annotations" in document["metadata"]) == bool(expected)


@over(kind="ScaledObject", stage="filled")
def test_scaled_object_has_no_other_field(document: Document) -> None:
    """The ScaledObject says nothing that no value or argument asked for."""
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(document["spec"]) <= {
        *("scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount"),
        *("minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers"),
    }


@pytest.mark.parametrize(("grace", "cooldown"), [(1800, 1800), (14400, 14400), (30, 300), (None, 300)])
def test_cooldown_is_by_default_not_below_the_grace_period(grace: int | None, cooldown: int) -> None:
    """By default KEDA's step to zero waits for the grace period, and never less than KEDA's own 300 s."""
    values = merged(KEDA, {"temporal": {"terminationGracePeriodSeconds": grace}})
    assert render(values).scaled_object()["spec"]["cooldownPeriod"] == cooldown


def test_cooldown_is_honoured() -> None:
    """A cooldown that is set wins over the grace period, zero included."""
    for cooldown in (0, 60):
        values = merged(KEDA, {"temporal": {"keda": {"cooldownPeriod": cooldown}}})
        assert render(values).scaled_object()["spec"]["cooldownPeriod"] == cooldown


def test_pace_is_slow_downwards_by_default() -> None:
    """A new endpoint is not taken to zero at once, and workers go one in five minutes."""
    spec = render(KEDA).scaled_object()["spec"]
    assert spec["initialCooldownPeriod"] == 300
    assert "idleReplicaCount" not in spec
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down == {
        "stabilizationWindowSeconds": 300,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 300}],
    }


def test_null_takes_the_default() -> None:
    """Null over what KEDA needs to be told takes the default that the value documents."""
    keda = {"fallback": {"enabled": True, "failureThreshold": None, "behavior": None}, "queueTypes": None}
    values = merged(KEDA, {"temporal": {"keda": keda, "connection": {"namespace": None}}})
    spec = render(values).scaled_object()["spec"]
    assert spec["fallback"]["failureThreshold"] == 3
    assert spec["fallback"]["behavior"] == "currentReplicas"
    assert spec["triggers"][0]["metadata"]["namespace"] == "default"
    assert spec["triggers"][0]["metadata"]["queueTypes"] == "activity"


def test_fallback_replicas_are_honoured() -> None:
    """The fallback goes to the replicas that are set, else to all the workers that the endpoint may have."""
    for replicas, expected in ((2, 2), (None, argument_sets()["gpu-h100"].arguments["MAX_WORKERS"])):
        values = merged(KEDA, {"temporal": {"keda": {"fallback": {"enabled": True, "replicas": replicas}}}})
        assert render(values).scaled_object()["spec"]["fallback"]["replicas"] == expected


def _text(value: object) -> str:
    """KEDA's metadata holds texts only."""
    return str(value).lower() if isinstance(value, bool) else str(value)
