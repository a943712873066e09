"""The pods of an endpoint that are alive, and the host names by which their workers are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporal_endpoints.arguments import BUILD
from temporal_endpoints.planning.ownership import is_terminating

# Kubernetes cuts a longer pod's name to get its host name.
_LONGEST_HOST_NAME = 63
_ENDED = {"Succeeded", "Failed"}


@dataclass(frozen=True)
class LivePod:
    """A pod that has not ended and was not told to.

    Attributes:
        host_name: what its processes are told when they ask for theirs; None if it has the node's.
        runs: whether one of its containers runs, so that it may run activities.
        build: the version of its worker; None without versions.
    """

    uid: str
    name: str
    host_name: str | None
    runs: bool
    build: str | None = None


def live_pods(objects: Iterable[Mapping[str, Any]]) -> Sequence[LivePod]:
    """Those of an endpoint's pods that count as replicas, as the API server has them."""
    return [_pod(each) for each in objects if is_alive(each)]


def is_alive(pod: Mapping[str, Any]) -> bool:
    """Whether a pod has not ended and was not told to."""
    return not is_terminating(pod) and (pod.get("status") or {}).get("phase") not in _ENDED


def _pod(pod: Mapping[str, Any]) -> LivePod:
    metadata, spec = pod["metadata"], pod.get("spec") or {}
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    host_name = None if spec.get("hostNetwork") else spec.get("hostname") or _shortened(str(metadata["name"]))
    runs = any("running" in (each.get("state") or {}) for each in containers)
    return LivePod(str(metadata["uid"]), str(metadata["name"]), host_name, runs, build_of(spec))


def build_of(spec: Mapping[str, Any]) -> str | None:
    """The version that a pod's specification tells its workers; None if it tells them none."""
    variables = (each for container in spec.get("containers") or () for each in container.get("env") or ())
    return next((str(each["value"]) for each in variables if each["name"] == BUILD and "value" in each), None)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_HOST_NAME else name[:_LONGEST_HOST_NAME].rstrip("-.")
