"""Shutdown: activities get the time they need when a worker is told to stop, and few workers are told so at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import render
from .free_values import filled
from .worker import container, pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


@over(kind="Deployment", stage="filled", choices={"shutdown": "default"})
def test_grace_period_is_half_an_hour(document: Document) -> None:
    """By default a worker has 1800 s to finish, as llm-engine's have, and no preStop handler."""
    assert pod(document)["terminationGracePeriodSeconds"] == 1800
    assert "lifecycle" not in container(document)


@over(kind="Deployment", stage="filled")
def test_grace_period_is_honoured(document: Document, values: Document) -> None:
    """`terminationGracePeriodSeconds` arrives as it is, and null leaves it to Kubernetes."""
    assert pod(document).get("terminationGracePeriodSeconds") == values["temporal.terminationGracePeriodSeconds"]


@over(kind="Deployment", stage="filled")
def test_handler_is_honoured(document: Document, values: Document, arguments: Document) -> None:
    """`preStop` arrives as it is, its dollar signs included, and is the only handler; without it there is none."""
    handler = filled(values["temporal.preStop"], arguments)
    assert container(document).get("lifecycle") == ({"preStop": handler} if handler else None)


@over(kind="Deployment", stage="filled", choices={"rollout": "default"})
def test_rollout_never_goes_below_the_workers_there_are(document: Document) -> None:
    """The default strategy adds one worker before it takes one away."""
    assert document["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


@over(kind="Deployment", stage="filled")
def test_strategy_is_honoured(document: Document, values: Document, arguments: Document) -> None:
    """`strategy` arrives as it is, merged over the default; null over a part leaves that out."""
    assert document["spec"].get("strategy") == filled(values["temporal.strategy"], arguments)


def test_strategy_may_be_kubernetes_own() -> None:
    """Null over `strategy` leaves the field out."""
    assert "strategy" not in render({"temporal": {"strategy": None}}).deployment("cpu")["spec"]


@over(kind="PodDisruptionBudget", choices={"disruption-budget": "default"})
def test_half_of_the_workers_may_be_evicted(document: Document) -> None:
    """By default an eviction may take down half of an endpoint's workers at once, and Kubernetes decides the rest."""
    assert set(document["spec"]) == {"maxUnavailable", "selector"}
    assert document["spec"]["maxUnavailable"] == "50%"


@over(kind="PodDisruptionBudget", stage="filled")
def test_disruption_budget_is_honoured(document: Document, values: Document, arguments: Document) -> None:
    """The budget is for the endpoint's own pods and says what is set: numbers, 0 included, percentages, a policy."""
    settings = {
        name: values[f"temporal.podDisruptionBudget.{name}"]
        for name in ("maxUnavailable", "minAvailable", "unhealthyPodEvictionPolicy")
    }
    spec = {name: setting for name, setting in settings.items() if setting is not None}
    spec["selector"] = {"matchLabels": {"app": arguments["RESOURCE_NAME"], "version": "v1"}}
    assert document == {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": document["metadata"],
        "spec": spec,
    }


@pytest.mark.parametrize("least", [1, 2, 0, "1%"])
def test_least_workers_are_a_number_or_a_part(least: int | str) -> None:
    """`minAvailable` takes both kinds too, and keeps which it is."""
    values = {"temporal": {"podDisruptionBudget": {"maxUnavailable": None, "minAvailable": least}}}
    (budget,) = render(values).filled("pod-disruption-budget.yaml", "gpu-h100")
    assert budget["spec"]["minAvailable"] == least


@over(kind="VerticalPodAutoscaler", choices={"vertical-autoscaler": "default"})
def test_vertical_autoscaler_evicts_nobody(document: Document) -> None:
    """By default it acts only on new pods, and its least is no more than the smallest endpoint asks for."""
    assert document["spec"]["updatePolicy"] == {"updateMode": "Initial"}
    (policy,) = document["spec"]["resourcePolicy"]["containerPolicies"]
    assert policy["minAllowed"] == {"cpu": "0", "memory": "0"}


@over(kind="VerticalPodAutoscaler", stage="filled")
def test_vertical_autoscaler_stays_below_what_the_endpoint_asked_for(
    document: Document, values: Document, arguments: Document
) -> None:
    """It looks after CPU and memory of the endpoint's own container, up to what the endpoint asked for.

    `updateMode` and `minAllowed` are honoured. Null over the mode leaves it out; the least is always there, because
    llm-engine cannot read an autoscaler back that lacks it.
    """
    policy = {
        "containerName": "main",
        "minAllowed": {"cpu": "0", "memory": "0"} | (values["temporal.verticalPodAutoscaler.minAllowed"] or {}),
        "maxAllowed": {"cpu": str(arguments["CPUS"]), "memory": str(arguments["MEMORY"])},
        "controlledResources": ["cpu", "memory"],
    }
    spec: dict[str, Any] = {
        "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": arguments["RESOURCE_NAME"]},
        "resourcePolicy": {"containerPolicies": [policy]},
    }
    mode = values["temporal.verticalPodAutoscaler.updateMode"]
    if mode:
        spec["updatePolicy"] = {"updateMode": mode}
    assert document == {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": document["metadata"],
        "spec": spec,
    }
