"""The objects of a bundle, found by what others call them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from helm_nested.kubernetes.api_group import api_group
from helm_nested.kubernetes.document_part import map_of, text_of
from nested_templates.yaml_documents import Document

# Of the kinds that others name; the rest have a namespace.
CLUSTER_SCOPED = frozenset({"PriorityClass", "RuntimeClass", "ClusterTriggerAuthentication", "ClusterRole"})


# Where scalers name their target.
_TARGETS = {
    ("autoscaling", "HorizontalPodAutoscaler"): "scaleTargetRef",
    ("keda.sh", "ScaledObject"): "scaleTargetRef",
    ("autoscaling.k8s.io", "VerticalPodAutoscaler"): "targetRef",
}


@dataclass(frozen=True, slots=True)
class BundleObject:
    """One object of a bundle: its place among the documents, and what it is called."""

    number: int
    group: str
    kind: str
    name: str
    namespace: str | None
    document: Document

    def is_in(self, namespace: str | None) -> bool:
        """Whether it is, or may be, in that namespace."""
        return namespace is None or self.namespace is None or self.namespace == namespace or self.kind in CLUSTER_SCOPED


def bundle_objects(documents: Sequence[Document], namespace: str | None) -> Iterator[BundleObject]:
    """Every object of the bundle that has a kind and a name; `namespace` is where one goes that names none."""
    for number, document in enumerate(documents):
        kind, name = text_of(document.get("kind")), text_of(map_of(document.get("metadata")).get("name"))
        if kind and name:
            yield BundleObject(number, api_group(document), kind, name, namespace_of(document, namespace), document)


def identity(document: Document) -> Document:
    """The part of a document that says which object it is."""
    metadata = map_of(document.get("metadata"))
    part: Document = {key: document[key] for key in ("apiVersion", "kind") if key in document}
    part["metadata"] = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return part


def scaling(document: Document) -> Document:
    """The part of a document's spec that says what it scales; empty when it scales nothing."""
    key = _TARGETS.get((api_group(document), str(document.get("kind"))))
    spec = map_of(document.get("spec"))
    return {key: spec[key]} if key is not None and key in spec else {}


def autoscaler_name(scaled_object: Document) -> str | None:
    """The name that a ScaledObject has for its HorizontalPodAutoscaler, None when KEDA finds one."""
    advanced = map_of(map_of(scaled_object.get("spec")).get("advanced"))
    return text_of(map_of(advanced.get("horizontalPodAutoscalerConfig")).get("name"))


def namespace_of(document: Document, otherwise: str | None) -> str | None:
    """The namespace that the object goes to, None when it is not known."""
    return text_of(map_of(document.get("metadata")).get("namespace")) or otherwise


@dataclass(frozen=True, slots=True)
class Target:
    """What a scaler of a bundle scales: where the scaler says so, and what it names."""

    scaler: BundleObject
    path: str
    group: str
    kind: str
    name: str

    def is_object(self, candidate: BundleObject) -> bool:
        """Whether that object is what is named."""
        return (
            candidate.name == self.name
            and candidate.kind == self.kind
            and candidate.group == self.group
            and candidate.is_in(self.scaler.namespace)
        )


def target_of(scaler: BundleObject) -> Target | None:
    """What the object scales, None when it scales nothing."""
    key = _TARGETS.get((scaler.group, scaler.kind))
    if key is None:
        return None
    reference: dict[Any, Any] = map_of(map_of(scaler.document.get("spec")).get(key))
    name = text_of(reference.get("name"))
    if name is None:
        return None
    if scaler.kind == "ScaledObject":
        api_version, kind = keda_target(reference)
    else:
        kind = text_of(reference.get("kind")) or "Deployment"
        api_version = text_of(reference.get("apiVersion")) or ("apps/v1" if kind == "Deployment" else "")
    return Target(scaler, f"spec.{key}.name", api_version.rpartition("/")[0], kind, name)


def keda_target(reference: dict[Any, Any]) -> tuple[str, str]:
    """The apiVersion and kind that a ScaledObject's `scaleTargetRef` means; KEDA supposes apps/v1 of every kind."""
    return text_of(reference.get("apiVersion")) or "apps/v1", text_of(reference.get("kind")) or "Deployment"
