"""Helm's view of a cluster: its commands, and every object that a release may have made."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helm_nested.properties.project import CHART_VARIABLE
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.command import Command

ROOT = Path(__file__).parents[2]
# Another one is tried with `--helm-nested-chart`.
CHART = Path(os.environ.get(CHART_VARIABLE) or ROOT / "charts" / "temporal-endpoints")
SCENARIOS = sorted((ROOT / "values").glob("*.yaml")) + sorted((CHART / "ci").glob("*-values.yaml"))
MAJORS = (3, 4)
RELEASE = "temporal-endpoints"

# Every kind that the chart installs, and those that its service templates make: none of these may appear by itself.
_KINDS = (
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "ServiceAccount"),
    ("v1", "Pod"),
    ("apps/v1", "Deployment"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("node.k8s.io/v1", "RuntimeClass"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("keda.sh/v1alpha1", "TriggerAuthentication"),
)
# What Helm notes of a release, and what Kubernetes puts into each namespace.
_HELM_RELEASE = "helm.sh/release.v1"
_OF_KUBERNETES = {"kube-root-ca.crt", "default"}
_HOOK = "helm.sh/hook"
_OF_ITS_CONTROLLER = "deployment.kubernetes.io/revision"
_POLICY = "helm.sh/resource-policy"

Snapshot = Mapping[Reference, Object]


def scenario_name(path: Path) -> str:
    """The name of the scenario in this file."""
    return path.name.removesuffix(".yaml").removesuffix("-values")


def helm(cluster: Cluster, major: int) -> Command:
    """Helm of this major version as the cluster's administrator runs it."""
    return Command(cluster.tools(f"helm{major}"), cluster.plane.environment())


def snapshot(cluster: Cluster) -> Snapshot:
    """Every object of those kinds in the whole cluster, but for what Helm and Kubernetes keep or make themselves."""
    found: dict[Reference, Object] = {}
    for api_version, kind in _KINDS:
        for document in cluster.plane.api.list(Reference(api_version, kind)):
            name = document["metadata"]["name"]
            if document["metadata"].get("ownerReferences"):
                continue
            if document.get("type") != _HELM_RELEASE and name not in _OF_KUBERNETES and not name.startswith("system-"):
                found[Reference.of(document)] = document
    return found


def difference(before: Snapshot, after: Snapshot) -> list[str]:
    """What came, went, was made again or written to; of a hook, which is made again each time, only what it says."""
    lines = []
    for where in sorted({*before, *after}, key=str):
        shown = f"{where.kind} {where.namespace}/{where.name}"
        if where not in after:
            lines.append(f"{shown} is gone")
        elif where not in before:
            lines.append(f"{shown} is new")
        else:
            lines += [f"{shown}: {change}" for change in _changes(before[where], after[where])]
    return lines


@contextmanager
def installed(cluster: Cluster, namespace: str, *options: str, major: int = 4) -> Iterator[Command]:
    """A release in its namespace, of which nothing is left afterwards, what Helm keeps neither."""
    before = snapshot(cluster)
    command, where = helm(cluster, major), f"--namespace={namespace}"
    command("install", RELEASE, CHART, where, *options)
    try:
        yield command
    finally:
        command("uninstall", RELEASE, where)
        remove_new(cluster, before)


def remove_new(cluster: Cluster, before: Snapshot) -> None:
    """Delete what was not there before, so that the next release of the same names is not refused."""
    for where in snapshot(cluster).keys() - before.keys():
        cluster.plane.api.delete(where)


def is_hook(document: Object) -> bool:
    """Whether Helm treats it as a hook."""
    return _HOOK in document["metadata"].get("annotations", {})


def is_kept(document: Object) -> bool:
    """Whether Helm is told to leave it in the cluster."""
    annotations: dict[str, str] = document["metadata"].get("annotations", {})
    return annotations.get(_POLICY) == "keep"


@dataclass(frozen=True)
class _Missing:
    """Stands for a field that is not there."""


def _changes(before: Object, after: Object) -> list[str]:
    changes = [f"{path} changed" for path in _paths(_content(before), _content(after), "")]
    if not is_hook(after):
        # Where others write a status, only a change of the specification counts.
        version = "generation" if "status" in after else "resourceVersion"
        changes += [
            f"its {name} changed"
            for name in ("uid", version)
            if before["metadata"].get(name) != after["metadata"].get(name)
        ]
    return changes


def content_difference(before: Snapshot, after: Snapshot) -> list[str]:
    """As `difference`, but an object may have been written to, as long as it says the same in the end."""
    return [
        line
        for line in difference(before, after)
        if not line.endswith(("uid changed", "resourceVersion changed", "generation changed"))
    ]


def _content(document: Object) -> Object:
    own = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"}
    metadata = {key: value for key, value in document["metadata"].items() if key not in own}
    annotations = metadata.get("annotations", {})
    metadata["annotations"] = {key: value for key, value in annotations.items() if key != _OF_ITS_CONTROLLER}
    return {**{key: value for key, value in document.items() if key != "status"}, "metadata": metadata}


def _paths(before: Any, after: Any, path: str) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        missing = _Missing()
        return [
            found
            for key in sorted({*before, *after})
            for found in _paths(before.get(key, missing), after.get(key, missing), f"{path}.{key}")
        ]
    return [] if before == after else [path]
