"""The check `scaling-without-requests`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helm_nested.checking.keda_trigger import RESOURCES
from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, Target, identity, scaling, target_of
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in, text_of
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template
from helm_nested.kubernetes.quantity import quantity
from nested_templates.document_path import put
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import Document

_WORKLOADS = frozenset({("apps", "Deployment"), ("apps", "StatefulSet")})


@dataclass(frozen=True)
class _Measured:
    """What a scaler measures of its target's pods: a resource, of one container or of all."""

    path: str
    what: str
    resource: str
    container: str | None
    needs_request: bool


def _run(subject: BundleSubject) -> Iterator[Problem]:
    """Judges as KEDA's webhook and Kubernetes' autoscaler do.

    https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_webhook.go, verifyCPUMemoryScalers
    https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/replica_calculator.go
    """
    objects = list(subject.objects())
    for scaler in objects:
        measured = list(_measured(scaler.document))
        target = target_of(scaler) if measured else None
        if target is None or (target.group, target.kind) not in _WORKLOADS:
            continue
        for workload in objects:
            template = pod_template(workload.document) if target.is_object(workload) else None
            if template is not None:
                yield from _problems(target, measured, workload, template, objects)


def _problems(
    target: Target,
    measured: list[_Measured],
    workload: BundleObject,
    template: PodTemplate,
    objects: list[BundleObject],
) -> Iterator[Problem]:
    containers = [each for _, each in maps_in(template.spec.get("containers"), "")]
    names = [name for each in containers if (name := text_of(each.get("name")))]
    for each in measured:
        if each.container is not None and each.container not in names:
            message = f"the {target.kind} {target.name!r} has no container {each.container!r}, so it is never scaled."
            yield Problem(each.path, message, target.scaler.number, advice=did_you_mean(each.container, names))
            continue
        if not each.needs_request or (each.container is None and _is_set(template.spec, each.resource)):
            continue
        for container in containers:
            is_meant = each.container in (None, container.get("name"))
            if is_meant and not _is_set(container, each.resource) and not _is_default(each.resource, workload, objects):
                yield Problem(
                    each.path,
                    f"{each.what} needs a {each.resource} request, and the container {str(container.get('name'))!r} of "
                    f"the {target.kind} {target.name!r} has none.",
                    target.scaler.number,
                    advice=f"Set resources.requests.{each.resource} there.",
                )
                break


def _measured(document: Document) -> Iterator[_Measured]:
    spec, kind = map_of(document.get("spec")), document.get("kind")
    if kind == "ScaledObject":
        for path, trigger in maps_in(spec.get("triggers"), "spec.triggers"):
            scaler = trigger.get("type")
            if scaler in RESOURCES:
                container = text_of(map_of(trigger.get("metadata")).get("containerName"))
                yield _Measured(path, f"a trigger of type {scaler}", scaler, container, needs_request=True)
    elif kind == "HorizontalPodAutoscaler":
        if spec.get("targetCPUUtilizationPercentage") is not None:
            path = "spec.targetCPUUtilizationPercentage"
            yield _Measured(path, "a percentage", "cpu", None, needs_request=True)
        for path, metric in maps_in(spec.get("metrics"), "spec.metrics"):
            for key in ("resource", "containerResource"):
                source = map_of(metric.get(key))
                resource, container = text_of(source.get("name")), text_of(source.get("container"))
                if resource is not None and (container is None) == (key == "resource"):
                    is_share = map_of(source.get("target")).get("averageUtilization") is not None
                    yield _Measured(f"{path}.{key}", "averageUtilization", resource, container, needs_request=is_share)


def _is_set(part: dict[Any, Any], resource: str) -> bool:
    """Whether a container or a pod asks for some of it; who sets a limit alone asks for as much."""
    resources = map_of(part.get("resources"))
    return any(_is_some(map_of(resources.get(key)).get(resource)) for key in ("requests", "limits"))


def _is_default(resource: str, workload: BundleObject, objects: list[BundleObject]) -> bool:
    """Whether a LimitRange of the bundle gives it to containers that do not ask."""
    return any(
        limit.get("type") == "Container"
        and any(_is_some(map_of(limit.get(key)).get(resource)) for key in ("default", "defaultRequest"))
        for each in objects
        if each.kind == "LimitRange" and each.group == "" and each.is_in(workload.namespace)
        for limit in list_of(map_of(each.document.get("spec")).get("limits"))
        if isinstance(limit, dict)
    )


def _is_some(amount: object) -> bool:
    """Whether the amount is above zero; what is no quantity is told elsewhere."""
    number = quantity(amount)
    return amount is not None and (number is None or number > 0)


def _view(document: Document) -> Document:
    view, spec = identity(document), map_of(document.get("spec"))
    measuring = {key: spec[key] for key in ("triggers", "metrics", "targetCPUUtilizationPercentage") if key in spec}
    template = pod_template(document)
    if template is not None:
        containers = [
            {key: each[key] for key in ("name", "resources") if key in each}
            for _, each in maps_in(template.spec.get("containers"), "")
        ]
        put(view, f"{template.path}.containers", containers)
        if "resources" in template.spec:
            put(view, f"{template.path}.resources", template.spec["resources"])
    elif document.get("kind") == "LimitRange":
        view["spec"] = {"limits": spec.get("limits")}
    elif measuring:
        view["spec"] = measuring | scaling(document)
    return view


CHECK = Check(
    name="scaling-without-requests",
    scope="bundle",
    message=(
        "Where a scaler measures the cpu or memory of containers, they have a request for it; otherwise KEDA rejects "
        "the ScaledObject, and an autoscaler never scales."
    ),
    run=_run,
    view=_view,
    passing=(
        """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers:
        - {name: main, resources: {requests: {cpu: 1}}}
        - {name: proxy, resources: {limits: {cpu: 1}}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a}
spec:
  minReplicaCount: 1
  scaleTargetRef: {name: worker}
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: "80"}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  template:
    spec:
      containers: [{name: main}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: b}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: store}
  metrics: [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}]
""",
        """\
# a default for all containers of the namespace
apiVersion: v1
kind: LimitRange
metadata: {name: a}
spec:
  limits: [{type: Container, defaultRequest: {cpu: 100m}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers: [{name: main}]
---
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: b}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  targetCPUUtilizationPercentage: 80
""",
    ),
    failing=(
        """\
# one container does not ask
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers:
        - {name: main, resources: {requests: {memory: 1Gi}}}
        - {name: proxy, resources: {requests: {cpu: 1}}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a}
spec:
  minReplicaCount: 1
  scaleTargetRef: {name: worker}
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: "80"}}]
""",
        """\
# no such container
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers: [{name: main, resources: {requests: {cpu: 1}}}]
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a}
spec:
  minReplicaCount: 1
  scaleTargetRef: {name: worker}
  triggers: [{type: cpu, metricType: Utilization, metadata: {value: "80", containerName: mian}}]
""",
        """\
# an autoscaler's percentage of nothing
apiVersion: apps/v1
kind: Deployment
metadata: {name: worker}
spec:
  template:
    spec:
      containers: [{name: main}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: b}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
""",
    ),
)
