"""Scaling: fixed or by KEDA, and never two owners of the replicas."""

from __future__ import annotations

import pytest

from .bundle import API_KEY, DEVICES, KEDA, argument_sets, merged, render

KEYS = ("keda-scaled-object-temporal.yaml", "keda-trigger-authentication-temporal.yaml")


@pytest.mark.parametrize("device", DEVICES)
def test_fixed_gives_the_maximum_of_workers(device: str) -> None:
    """By default replicas are MAX_WORKERS, and the KEDA keys are there but hold no document."""
    bundle = render()
    assert bundle.deployment(device)["spec"]["replicas"] == bundle_maximum(device)
    assert [bundle.filled(key, "gpu-h100") for key in KEYS] == [(), ()]
    assert bundle.one("ConfigMap")["metadata"]["annotations"]["temporal.scaleml.io/scaling"] == "fixed"


@pytest.mark.parametrize("device", DEVICES)
def test_keda_leaves_replicas_to_the_autoscaler(device: str) -> None:
    """With `scaling: keda` the Deployment has no replicas field at all, and the ScaledObject names that Deployment."""
    bundle = render(KEDA)
    assert "replicas" not in bundle.deployment(device)["spec"]
    scaled, deployment = bundle.scaled_object(), bundle.deployment("gpu")
    assert scaled["spec"]["scaleTargetRef"] == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }
    assert scaled["metadata"]["namespace"] == deployment["metadata"]["namespace"]


def test_bounds_are_the_endpoints() -> None:
    """The ScaledObject's bounds are the endpoint's MIN_WORKERS and MAX_WORKERS, zero included."""
    for name in ("gpu-h100", "scale-from-zero"):
        spec = render(KEDA).scaled_object(name)["spec"]
        arguments = argument_sets()[name].arguments
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (
            arguments["MIN_WORKERS"],
            arguments["MAX_WORKERS"],
        )


def test_trigger_by_default() -> None:
    """The trigger counts the activity backlog of the endpoint's queue, PER_WORKER to a worker; no 2.21 field."""
    (trigger,) = render(KEDA).scaled_object()["spec"]["triggers"]
    arguments = argument_sets()["gpu-h100"].arguments
    assert trigger == {
        "type": "temporal",
        "metadata": {
            "endpoint": "temporal-frontend.temporal:7233",
            "namespace": "default",
            "taskQueue": arguments["TEMPORAL_TASK_QUEUE"],
            "targetQueueSize": str(arguments["PER_WORKER"]),
            "queueTypes": "activity",
            "activationTargetQueueSize": "0",
        },
    }


def test_trigger_settings_are_honoured() -> None:
    """Each setting of the trigger arrives as a text, as KEDA's metadata holds texts only."""
    keda = {
        "targetQueueSize": 7,
        "activationTargetQueueSize": 2,
        "queueTypes": ["activity", "workflow"],
        "minConnectTimeout": 9,
        "useCachedMetrics": True,
        "includeRunningWorkflowCount": True,
        "workflowTaskQueueForCount": "orders",
    }
    tls = {"secretName": "certificate", "serverName": "temporal.example.com", "disableHostVerification": True}
    values = merged(KEDA, {"temporal": {"keda": keda, "connection": {"tls": tls, "namespace": "orders"}}})
    (trigger,) = render(values).scaled_object()["spec"]["triggers"]
    assert trigger["useCachedMetrics"] is True
    assert trigger["metadata"] | {"taskQueue": ""} == {
        "endpoint": "temporal-frontend.temporal:7233",
        "namespace": "orders",
        "taskQueue": "",
        "targetQueueSize": "7",
        "queueTypes": "activity,workflow",
        "activationTargetQueueSize": "2",
        "minConnectTimeout": "9",
        "includeRunningWorkflowCount": "true",
        "workflowTaskQueueForCount": "orders",
        "tlsServerName": "temporal.example.com",
        "unsafeSsl": "true",
    }


def test_address_and_namespace_by_placeholder_are_opt_in() -> None:
    """`addressFrom` and `namespaceFrom: argument` take both from the endpoint's arguments."""
    connection = {"addressFrom": "argument", "namespaceFrom": "argument"}
    (trigger,) = render({"temporal": {"scaling": "keda", "connection": connection}}).scaled_object()["spec"]["triggers"]
    arguments = argument_sets()["gpu-h100"].arguments
    assert trigger["metadata"]["endpoint"] == arguments["TEMPORAL_ADDRESS"]
    assert trigger["metadata"]["namespace"] == arguments["TEMPORAL_NAMESPACE"]


@pytest.mark.parametrize(("grace", "cooldown"), [(1800, 1800), (14400, 14400), (30, 300), (None, 300)])
def test_cooldown_is_by_default_not_below_the_grace_period(grace: int | None, cooldown: int) -> None:
    """KEDA's step to zero waits as long as a worker may take to finish, and never less than KEDA's own 300 s."""
    values = merged(KEDA, {"temporal": {"terminationGracePeriodSeconds": grace}})
    assert render(values).scaled_object()["spec"]["cooldownPeriod"] == cooldown


def test_pace_settings_are_honoured() -> None:
    """Polling, cooldowns, idle count, HPA behaviour and restoring are what the values say."""
    keda = {
        "pollingInterval": 5,
        "cooldownPeriod": 60,
        "initialCooldownPeriod": 90,
        "idleReplicaCount": 0,
        "restoreToOriginalReplicaCount": True,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}},
    }
    spec = render(merged(KEDA, {"temporal": {"keda": keda}})).scaled_object()["spec"]
    assert {key: spec[key] for key in list(keda)[:4]} == {key: keda[key] for key in list(keda)[:4]}
    assert spec["advanced"]["restoreToOriginalReplicaCount"] is True
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 5


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


def test_fallback_is_off_and_never_removes_workers_when_on() -> None:
    """A Temporal outage leaves the replica count alone: no fallback by default, currentReplicas when it is on."""
    assert "fallback" not in render(KEDA).scaled_object()["spec"]
    spec = render(merged(KEDA, {"temporal": {"keda": {"fallback": {"enabled": True}}}})).scaled_object()["spec"]
    assert spec["fallback"] == {
        "failureThreshold": 3,
        "behavior": "currentReplicas",
        "replicas": argument_sets()["gpu-h100"].arguments["MAX_WORKERS"],
    }


@pytest.mark.parametrize(
    ("pause", "annotation"),
    [
        ({"enabled": True}, {"autoscaling.keda.sh/paused": "true"}),
        ({"replicas": 3}, {"autoscaling.keda.sh/paused-replicas": "3"}),
        ({"scaleIn": True}, {"autoscaling.keda.sh/paused-scale-in": "true"}),
        ({"scaleOut": True}, {"autoscaling.keda.sh/paused-scale-out": "true"}),
    ],
)
def test_pausing_is_an_annotation_of_the_scaled_object(pause: dict[str, object], annotation: dict[str, str]) -> None:
    """Each way to pause is KEDA's annotation; none is there by default."""
    assert "annotations" not in render(KEDA).scaled_object()["metadata"]
    values = merged(KEDA, {"temporal": {"keda": {"pause": pause, "annotations": {"a": "b"}}}})
    assert render(values).scaled_object()["metadata"]["annotations"] == annotation | {"a": "b"}


def test_trigger_authentication_is_the_endpoints_own() -> None:
    """With an API key the trigger refers to the endpoint's TriggerAuthentication, in the same namespace."""
    bundle = render(API_KEY)
    scaled = bundle.scaled_object()
    (authentication,) = bundle.filled(KEYS[1], "gpu-h100")
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["authenticationRef"] == {"name": authentication["metadata"]["name"]}
    assert authentication["metadata"]["namespace"] == scaled["metadata"]["namespace"]


def test_existing_authentication_is_honoured() -> None:
    """`authenticationRef` names another one, and then none is made."""
    reference = {"name": "temporal", "kind": "ClusterTriggerAuthentication"}
    bundle = render(merged(API_KEY, {"temporal": {"keda": {"authenticationRef": reference}}}))
    (trigger,) = bundle.scaled_object()["spec"]["triggers"]
    assert trigger["authenticationRef"] == reference
    assert bundle.filled(KEYS[1], "gpu-h100") == ()


def bundle_maximum(device: str) -> int:
    """MAX_WORKERS of the ordinary argument set for that device."""
    name = {"cpu": "converted-artifact", "gpu": "gpu-h100"}[device]
    return int(argument_sets()[name].arguments["MAX_WORKERS"])
