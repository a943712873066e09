"""The check `two-owners-of-replicas`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, Target, identity, scaling, target_of
from helm_nested.kubernetes.document_part import map_of
from nested_templates.yaml_documents import Document

_SCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})


def _run(subject: BundleSubject) -> Iterator[Problem]:
    objects = list(subject.objects())
    targets = [target for each in objects if each.kind in _SCALERS and (target := target_of(each)) is not None]
    first: dict[tuple[str | None, str, str, str], Target] = {}
    for target in targets:
        for workload in objects:
            if target.is_object(workload) and map_of(workload.document.get("spec")).get("replicas") is not None:
                yield Problem(
                    "spec.replicas",
                    f"the {target.scaler.kind} {target.scaler.name!r} sets the replicas of this {workload.kind} too.",
                    workload.number,
                    advice="Leave the field out.",
                )
        yield from _second_scaler(target, first)


def _second_scaler(target: Target, first: dict[tuple[str | None, str, str, str], Target]) -> Iterator[Problem]:
    scaler: BundleObject = target.scaler
    other = first.setdefault((scaler.namespace, target.group, target.kind, target.name), target).scaler
    if other is not scaler:
        yield Problem(
            target.path,
            f"the {other.kind} {other.name!r} scales the {target.kind} {target.name!r} too.",
            scaler.number,
            advice="Remove one.",
        )


def _view(document: Document) -> Document:
    spec = map_of(document.get("spec"))
    replicas = {"replicas": 1} if spec.get("replicas") is not None else {}
    return identity(document) | {"spec": replicas | scaling(document)}


CHECK = Check(
    name="two-owners-of-replicas",
    scope="bundle",
    message=(
        "Only the manifest or one autoscaler sets a workload's replicas; "
        "otherwise every time the manifest is applied it undoes the scaling."
    ),
    run=_run,
    view=_view,
    passing=(
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  paused: false
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef: {name: worker}
""",
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  replicas: 3
""",
    ),
    failing=(
        """\
# the manifest and KEDA
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  replicas: 3
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef: {name: worker}
""",
        """\
# the manifest and an autoscaler
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  replicas: 0
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: b
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
""",
        """\
# two autoscalers
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  paused: false
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: a
spec:
  scaleTargetRef: {name: worker}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: b
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
""",
    ),
)
