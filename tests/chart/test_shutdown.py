"""Shutdown: activities get the time they need when a worker is told to stop."""

from __future__ import annotations

import pytest

from .bundle import DEVICES, render


@pytest.mark.parametrize("device", DEVICES)
def test_grace_period_is_half_an_hour(device: str) -> None:
    """By default a worker has 1800 s to finish, as llm-engine's have, and no preStop handler."""
    bundle = render()
    assert bundle.pod(device)["terminationGracePeriodSeconds"] == 1800
    assert "lifecycle" not in bundle.container(device)


def test_grace_period_and_handler_are_honoured() -> None:
    """Both settings arrive as they are."""
    handler = {"exec": {"command": ["touch", "/tmp/drain"]}}
    bundle = render({"temporal": {"terminationGracePeriodSeconds": 14400, "preStop": handler}})
    assert bundle.pod("gpu")["terminationGracePeriodSeconds"] == 14400
    assert bundle.container("gpu")["lifecycle"] == {"preStop": handler}


def test_rollout_never_goes_below_the_workers_there_are() -> None:
    """The default strategy adds one worker before it takes one away."""
    strategy = render().deployment("cpu")["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_strategy_is_honoured() -> None:
    """Another strategy takes its place, with null over the part that does not fit."""
    strategy = {"type": "Recreate", "rollingUpdate": None}
    spec = render({"temporal": {"strategy": strategy}}).deployment("cpu")["spec"]
    assert spec["strategy"]["type"] == "Recreate"
    assert spec["strategy"].get("rollingUpdate") is None


def test_disruption_budget_by_default_and_set() -> None:
    """Half of the workers may be evicted at once unless a value says otherwise; it selects the Deployment's pods."""
    bundle = render()
    (budget,) = bundle.filled("pod-disruption-budget.yaml", "gpu-h100")
    assert budget["spec"] == {"maxUnavailable": "50%", "selector": bundle.deployment("gpu")["spec"]["selector"]}
    setting = {"maxUnavailable": None, "minAvailable": 2, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    (budget,) = render({"temporal": {"podDisruptionBudget": setting}}).filled("pod-disruption-budget.yaml", "gpu-h100")
    assert {key: value for key, value in budget["spec"].items() if key != "selector"} == {
        "minAvailable": 2,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }


def test_vertical_autoscaler_evicts_nobody_by_default() -> None:
    """It acts only on new pods unless told otherwise, and recommends no more than the endpoint asked for."""
    (autoscaler,) = render().filled("vertical-pod-autoscaler.yaml", "gpu-h100")
    assert autoscaler["spec"]["updatePolicy"] == {"updateMode": "Initial"}
    (policy,) = autoscaler["spec"]["resourcePolicy"]["containerPolicies"]
    assert policy["minAllowed"] == {"cpu": "100m", "memory": "128Mi"}
    requests = render().container("gpu")["resources"]["requests"]
    assert policy["maxAllowed"] == {key: requests[key] for key in ("cpu", "memory")}
    values = {"temporal": {"verticalPodAutoscaler": {"updateMode": "Recreate", "minAllowed": {"cpu": "1"}}}}
    (autoscaler,) = render(values).filled("vertical-pod-autoscaler.yaml", "gpu-h100")
    assert autoscaler["spec"]["updatePolicy"] == {"updateMode": "Recreate"}
