"""A worker in a Deployment: its pod, and the pod's one container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pod(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of the pods that the Deployment makes."""
    return dict(deployment["spec"]["template"]["spec"])


def container(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """The one container of these pods."""
    (found,) = pod(deployment)["containers"]
    return dict(found)
