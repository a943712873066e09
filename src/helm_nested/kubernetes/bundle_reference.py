"""What the documents of a bundle refer to: names in their pods and sources, and what their scalers scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helm_nested.kubernetes.api_group import BUILT_IN
from helm_nested.kubernetes.bundle_object import BundleObject, bundle_objects, namespace_of, target_of
from helm_nested.kubernetes.document_reference import Reference, references
from nested_templates.yaml_documents import Document

# What every cluster, or every namespace, has:
# https://kubernetes.io/docs/concepts/security/service-accounts/,
# https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/ and
# https://kubernetes.io/docs/concepts/configuration/configmap/ (kube-root-ca.crt since 1.20).
_ALWAYS_THERE = frozenset(
    {
        ("ServiceAccount", "default"),
        ("PriorityClass", "system-cluster-critical"),
        ("PriorityClass", "system-node-critical"),
        ("ConfigMap", "kube-root-ca.crt"),
    }
)


@dataclass(frozen=True, slots=True)
class BundleReference:
    """One reference, the number of the document that it is in, and where in the cluster it leads."""

    number: int
    reference: Reference
    namespace: str | None
    # Only of what a scaler scales; the other kinds are each of one group.
    group: str | None = None

    def is_to(self, candidate: BundleObject) -> bool:
        """Whether that object is what is named."""
        return (
            candidate.kind == self.reference.kind
            and candidate.name == self.reference.name
            and self.group in (None, candidate.group)
            and candidate.is_in(self.namespace)
        )

    @property
    def is_always_there(self) -> bool:
        """Whether every cluster, or every namespace, has the object."""
        return (self.reference.kind, self.reference.name) in _ALWAYS_THERE


def bundle_references(documents: Sequence[Document], namespace: str | None) -> Iterator[BundleReference]:
    """Every reference of every document; those of the scalers to what they scale come last.

    `namespace` is where an object goes that names none.
    """
    for number, document in enumerate(documents):
        for reference in references(document):
            own = reference.namespace or namespace_of(document, namespace)
            yield BundleReference(number, reference, None if reference.anywhere else own)
    for scaler in bundle_objects(documents, namespace):
        target = target_of(scaler)
        if target is not None:
            reference = Reference(target.path, target.kind, target.name)
            # A group of Kubernetes that lacks the kind is told of the ScaledObject itself.
            group = None if scaler.kind == "ScaledObject" and target.group in BUILT_IN else target.group
            yield BundleReference(scaler.number, reference, scaler.namespace, group)
