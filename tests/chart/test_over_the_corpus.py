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


@over(kind="ScaledObject", stage="filled")
def test_scale_target_is_in_the_bundle(document: Mapping[str, Any], bundle: Any) -> None:
    """The ScaledObject scales a Deployment of its own bundle, which says nothing of replicas."""
    targets = {each["metadata"]["name"]: each for each in bundle.all("Deployment")}
    fields = set(targets[document["spec"]["scaleTargetRef"]["name"]]["spec"])
    assert "replicas" not in fields
