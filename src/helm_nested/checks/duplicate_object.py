"""The check `duplicate-object`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import BundleObject, autoscaler_name, identity
from helm_nested.kubernetes.document_part import map_of
from nested_templates.yaml_documents import Document

_AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")
_SCALED_OBJECT = ("keda.sh", "ScaledObject")
_TRANSFER = "scaledobject.keda.sh/transfer-hpa-ownership"


def _run(subject: BundleSubject) -> Iterator[Problem]:
    seen: dict[tuple[str, str, str | None, str], BundleObject] = {}
    for each in subject.objects():
        if seen.setdefault((each.group, each.kind, each.namespace, each.name), each) is not each:
            where = f" in the namespace {each.namespace}" if each.namespace else ""
            yield Problem(
                "metadata.name",
                f"there are two objects {each.kind} {each.name!r}{where}.",
                each.number,
                advice="Rename or remove one.",
            )
    yield from _autoscalers(subject)


def _autoscalers(subject: BundleSubject) -> Iterator[Problem]:
    """KEDA makes a HorizontalPodAutoscaler of each ScaledObject; with the annotation it takes one that is there.

    https://github.com/kedacore/keda/blob/v2.21.0/apis/keda/v1alpha1/scaledobject_webhook.go
    """
    objects = [each for each in subject.objects() if (each.group, each.kind) in (_AUTOSCALER, _SCALED_OBJECT)]
    first: dict[tuple[str | None, str], BundleObject] = {}
    # One that is written is there before those that KEDA makes.
    for each in sorted(objects, key=lambda each: (each.group, each.kind) == _SCALED_OBJECT):
        is_made = (each.group, each.kind) == _SCALED_OBJECT
        name = (autoscaler_name(each.document) or f"keda-hpa-{each.name}") if is_made else each.name
        other = first.setdefault((each.namespace, name), each)
        if (
            is_made
            and (other.kind, other.name) != (each.kind, each.name)
            and not (other.kind != each.kind and _takes(each))
        ):
            own = autoscaler_name(each.document) is not None
            whose = f"that of the ScaledObject {other.name!r}" if other.kind == each.kind else "one of the bundle"
            yield Problem(
                "spec.advanced.horizontalPodAutoscalerConfig.name" if own else "metadata.name",
                f"KEDA makes a HorizontalPodAutoscaler {name!r} of this, and {whose} has that name too.",
                each.number,
                advice="Choose another name.",
            )


def _takes(scaled_object: BundleObject) -> bool:
    annotations = map_of(map_of(scaled_object.document.get("metadata")).get("annotations"))
    return annotations.get(_TRANSFER) == "true"


def _view(document: Document) -> Document:
    view = identity(document)
    if document.get("kind") == "ScaledObject":
        annotations = map_of(map_of(document.get("metadata")).get("annotations"))
        view["metadata"]["annotations"] = {_TRANSFER: annotations.get(_TRANSFER)}
        view["spec"] = {"advanced": {"horizontalPodAutoscalerConfig": {"name": autoscaler_name(document)}}}
    return view


CHECK = Check(
    name="duplicate-object",
    scope="bundle",
    message=(
        "No two documents are the same object, nor lead to the same one; "
        "otherwise the one that is applied last overwrites the first, or is rejected."
    ),
    run=_run,
    view=_view,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: a
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: b
""",
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: v1
kind: Secret
metadata:
  name: settings
""",
    ),
    failing=(
        """\
# the same object twice
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {a: c}
""",
        """\
# in two versions of its group
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: a
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: a
""",
    ),
)
