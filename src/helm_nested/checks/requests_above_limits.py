"""The check `requests-above-limits`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.pod_spec import pod_template
from helm_nested.kubernetes.quantity import quantity
from nested_templates.document_path import step


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    if "resources" in template.spec:
        yield from _resources(map_of(template.spec["resources"]), f"{template.path}.resources")
    for path, container in template.containers():
        if "resources" in container:
            yield from _resources(map_of(container["resources"]), f"{path}.resources")


def _resources(resources: dict[Any, Any], path: str) -> Iterator[Problem]:
    requests, limits = map_of(resources.get("requests")), map_of(resources.get("limits"))
    for side, amounts in (("requests", requests), ("limits", limits)):
        for name, value in amounts.items():
            amount = quantity(value)
            if amount is None:
                message, advice = f"{value!r} is not a quantity.", "Write it like 500m, 2 or 1.5Gi."
                yield Problem(step(f"{path}.{side}", name), message, advice=advice)
            elif amount < 0:
                yield Problem(step(f"{path}.{side}", name), f"{value} is less than nothing")
            elif _is_extended(name) and amount % 1:
                yield Problem(step(f"{path}.{side}", name), f"{name} is counted in whole numbers, this is {value}")
    for name, value in requests.items():
        requested, limit = quantity(value), quantity(limits.get(name))
        place = step(f"{path}.requests", name)
        never_shared = _is_extended(name) or str(name).startswith("hugepages-")
        if requested is None:
            continue
        if limit is None:
            if never_shared and name not in limits:
                yield Problem(place, f"{name} cannot be shared, so it needs a limit of {value} too")
        elif requested > limit:
            yield Problem(place, f"the request of {value} is above the limit of {limits[name]}")
        elif never_shared and requested != limit:
            yield Problem(
                place, f"{name} cannot be shared: the request of {value} must equal the limit of {limits[name]}"
            )


def _is_extended(name: object) -> bool:
    """Whether it is a resource of a device plugin, as `IsExtendedResourceName` decides.

    https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/helper/helpers.go
    """
    return isinstance(name, str) and "/" in name and "kubernetes.io/" not in name


CHECK = Check(
    name="requests-above-limits",
    scope="document",
    message=(
        "No request is above its limit, and devices are requested in whole numbers that equal their limit; "
        "otherwise Kubernetes rejects the pod."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {cpu: 500m, memory: 1Gi, nvidia.com/gpu: 1}
        limits: {cpu: 0.5, memory: 1024Mi, nvidia.com/gpu: "1"}
""",
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {cpu: 1}
""",
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        limits: {nvidia.com/gpu: 1}
""",
    ),
    failing=(
        """\
# 1Gi is more than 1G
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {memory: 1Gi}
        limits: {memory: 1G}
""",
        """\
# no quantity
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {memory: 1GB}
""",
        """\
# half a device
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        limits: {nvidia.com/gpu: 500m}
""",
        """\
# a device with a request below its limit
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {nvidia.com/gpu: 1}
        limits: {nvidia.com/gpu: 2}
""",
        """\
# a device without a limit
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        requests: {nvidia.com/gpu: 1}
""",
        """\
# less than nothing
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      resources:
        limits: {cpu: -1}
""",
    ),
)
