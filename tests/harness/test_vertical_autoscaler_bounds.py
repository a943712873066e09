"""The check `vertical-autoscaler-bounds`: what the webhook of the vertical autoscaler refuses."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import Claims, DocumentSubject

CHECK = next(check for check in load_checks() if check.name == "vertical-autoscaler-bounds")


def found(*policies: Any, api_version: str = "autoscaling.k8s.io/v1", **update_policy: Any) -> list[tuple[str, str]]:
    """Path and message of each problem of an autoscaler with these policies."""
    spec: dict[str, Any] = {"resourcePolicy": {"containerPolicies": list(policies)}}
    if update_policy:
        spec["updatePolicy"] = update_policy
    document = {"apiVersion": api_version, "kind": "VerticalPodAutoscaler", "metadata": {"name": "a"}, "spec": spec}
    return [(problem.path, problem.message) for problem in CHECK.run(DocumentSubject(document, Claims()))]


@pytest.mark.parametrize(
    ("least", "most", "is_above"),
    [
        ({"cpu": "100m"}, {"cpu": "1m"}, True),
        ({"cpu": 1}, {"cpu": "999m"}, True),
        ({"memory": "1G"}, {"memory": "1Gi"}, False),
        ({"memory": "1Gi"}, {"memory": "1G"}, True),
        ({"memory": "128Mi"}, {"memory": 134217728}, False),
        ({"memory": "128Mi"}, {"cpu": "1m"}, False),
        ({"nvidia.com/gpu": 2}, {"nvidia.com/gpu": "1"}, True),
        ({"cpu": "0", "memory": "0"}, {"cpu": "1m", "memory": "1"}, False),
    ],
)
def test_the_least_is_not_above_the_most(least: dict[str, Any], most: dict[str, Any], is_above: bool) -> None:
    """Each resource by itself, whatever its unit, in every version of the API."""
    for api_version in ("autoscaling.k8s.io/v1", "autoscaling.k8s.io/v1beta2"):
        policy = {"containerName": "main", "minAllowed": least, "maxAllowed": most}
        problems = found(policy, api_version=api_version)
        assert len(problems) == is_above
        assert all("is above maxAllowed" in message for _, message in problems)


def test_a_container_has_one_policy() -> None:
    """Of two the autoscaler reads the first only; `*` is a name like others."""
    problems = found({"containerName": "*"}, {"containerName": "a"}, {"containerName": "a"})
    assert [path for path, _ in problems] == ["spec.resourcePolicy.containerPolicies[2].containerName"]
    assert found({"containerName": "*"}, {"containerName": "a"}) == []
    assert "needs a containerName" in found({"containerName": ""})[0][1]


@pytest.mark.parametrize(
    ("policy", "update_policy", "expected"),
    [
        ({"mode": "off"}, {}, "'off' is not a valid mode."),
        ({"mode": False}, {}, "mode is a boolean, not a text."),
        ({"controlledValues": "Requests"}, {}, "'Requests' is not a valid controlledValues."),
        ({"mode": "Off", "controlledValues": "RequestsAndLimits"}, {}, "the mode is Off"),
        ({}, {"updateMode": "Automatic"}, "'Automatic' is not a valid updateMode."),
        ({}, {"updateMode": False}, "updateMode is a boolean, not a text."),
        ({}, {"minReplicas": 2}, "an updatePolicy needs an updateMode."),
        ({}, {"updateMode": "Auto", "minReplicas": 0}, "minReplicas must be at least 1"),
        ({"maxAllowed": {"cpu": "1.0005"}}, {}, "1.0005 is not a whole number of thousandths of a core"),
        ({"minAllowed": {"memory": "1500m"}}, {}, "1500m is not a whole number of bytes"),
        ({"minAllowed": {"memory": "1 Gi"}}, {}, "'1 Gi' is not a quantity."),
    ],
)
def test_words_and_amounts_that_the_webhook_refuses(
    policy: dict[str, Any], update_policy: dict[str, Any], expected: str
) -> None:
    """An unknown mode, amounts too fine, and a policy that lacks its mode."""
    ((_, message),) = found({"containerName": "main", **policy}, **update_policy)
    assert message.startswith(expected)


@pytest.mark.parametrize("mode", ["Off", "Initial", "Recreate", "InPlaceOrRecreate", "Auto"])
def test_known_update_modes(mode: str) -> None:
    """Every mode that the API knows is accepted, and an autoscaler of another group is not judged."""
    assert found({"containerName": "main", "mode": "Auto"}, updateMode=mode) == []
    assert found({"mode": "x"}, api_version="example.com/v1") == []
