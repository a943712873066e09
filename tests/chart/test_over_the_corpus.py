"""Promises over every distinct document of the matrix, not over examples: the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over

if TYPE_CHECKING:
    from collections.abc import Mapping


@over(kind="Deployment", stage="filled")
def test_replicas_have_one_owner(document: Mapping[str, Any], choices: Mapping[str, str]) -> None:
    """The Deployment says how many replicas there are exactly if no autoscaler does."""
    assert ("replicas" in document["spec"]) == (choices["scaling"] == "fixed")


@over(kind="Deployment", stage="filled")
def test_requests_equal_limits(document: Mapping[str, Any]) -> None:
    """A worker gets what it asks for, no more and no less, whatever the values."""
    (container,) = document["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"] == container["resources"]["limits"]


@over(kind="Deployment", stage="filled")
def test_no_capability_is_lower_case(document: Mapping[str, Any]) -> None:
    """Capability names reach the pod in the spelling that Pod Security accepts."""
    (container,) = document["spec"]["template"]["spec"]["containers"]
    for names in container.get("securityContext", {}).get("capabilities", {}).values():
        assert [name.upper() for name in names] == names


@over(kind="ScaledObject", stage="filled")
def test_scale_target_is_in_the_bundle(document: Mapping[str, Any], bundle: Any) -> None:
    """The ScaledObject scales a Deployment of its own bundle, which says nothing of replicas."""
    targets = {each["metadata"]["name"]: each for each in bundle.all("Deployment")}
    fields = set(targets[document["spec"]["scaleTargetRef"]["name"]]["spec"])
    assert "replicas" not in fields


@over(stage="installed", choices={"release-name": "longest"})
def test_the_longest_release_name_leaves_names_whole(document: Mapping[str, Any]) -> None:
    """What the release installs has at most 63 characters in its name, and no part that starts or ends in a hyphen."""
    name = document["metadata"]["name"]
    assert len(name) <= 63
    assert all(part and part.strip("-") == part for part in name.split("."))
