"""Examples of checks say only what they are about; here is the rest that a server asks of each kind."""

from __future__ import annotations

from typing import Any

from local_cluster.api import Api, Object

# What ScaledObjects and autoscalers of examples scale.
TARGET = "target"
ACCOUNT = "worker"
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": TARGET}
_IMAGE = "worker:1"
_LABELS = {"app": "a"}
_TRIGGER = {"endpoint": "temporal:7233", "taskQueue": "queue"}


def prepare(api: Api, namespace: str) -> None:
    """Make what examples refer to: a Deployment that asks for cpu and memory, and a service account."""
    container = {"name": "main", "image": _IMAGE, "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
    template = {"metadata": {"labels": _LABELS}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": _LABELS}, "template": template}
    metadata = {"namespace": namespace}
    api.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {**metadata, "name": TARGET}, "spec": spec})
    api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**metadata, "name": ACCOUNT}})


def whole(document: Object, *, named: bool = True) -> Object:
    """The document with what its kind needs besides; nothing that it says is changed. `named`: also with a name."""
    metadata = document.setdefault("metadata", {})
    if named:
        metadata.setdefault("name", "a")
    spec = document.get("spec")
    kind = document["kind"]
    if kind in _BY_KIND:
        spec = document.setdefault("spec", {})
        _BY_KIND[kind](spec)
    return document


def _pod(spec: Object) -> None:
    containers = spec.setdefault("containers", [{"name": "main"}])
    for container in (*containers, *spec.get("initContainers", ()), *spec.get("ephemeralContainers", ())):
        container.setdefault("image", _IMAGE)
    for constraint in spec.get("topologySpreadConstraints", ()):
        constraint.setdefault("maxSkew", 1)
        constraint.setdefault("whenUnsatisfiable", "ScheduleAnyway")


def _workload(spec: Object) -> None:
    template = spec.setdefault("template", {})
    labels = template.setdefault("metadata", {}).setdefault("labels", _LABELS)
    spec.setdefault("selector", {"matchLabels": dict(labels)})
    _pod(template.setdefault("spec", {}))


def _job(spec: Object) -> None:
    template = spec.setdefault("template", {}).setdefault("spec", {})
    template.setdefault("restartPolicy", "Never")
    _pod(template)


def _cron_job(spec: Object) -> None:
    spec.setdefault("schedule", "* * * * *")
    _job(spec.setdefault("jobTemplate", {}).setdefault("spec", {}))


def _budget(spec: Object) -> None:
    spec.setdefault("selector", {"matchLabels": _LABELS})


def _autoscaler(spec: Object) -> None:
    spec.setdefault("scaleTargetRef", _TARGET)
    spec.setdefault("maxReplicas", 2)


def _vertical_autoscaler(spec: Object) -> None:
    spec.setdefault("targetRef", _TARGET)


def _scaled_object(spec: Object) -> None:
    spec.setdefault("scaleTargetRef", {"name": TARGET})
    for trigger in spec.setdefault("triggers", [{"type": "temporal"}]):
        given = trigger.setdefault("metadata", {})
        if trigger["type"] == "temporal":
            trigger["metadata"] = {**_TRIGGER, **given}


def _service(spec: Object) -> None:
    spec.setdefault("ports", [{"port": 80}])


_BY_KIND: dict[str, Any] = {
    "Pod": _pod,
    "Deployment": _workload,
    "Job": _job,
    "CronJob": _cron_job,
    "PodDisruptionBudget": _budget,
    "HorizontalPodAutoscaler": _autoscaler,
    "VerticalPodAutoscaler": _vertical_autoscaler,
    "ScaledObject": _scaled_object,
    "Service": _service,
}
