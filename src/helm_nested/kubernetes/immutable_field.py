"""Fields that may not change once an object is there: Kubernetes rejects the update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.document_part import map_of
from nested_templates.document_path import join
from nested_templates.yaml_documents import Document

# The best known of them:
# https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates and each kind's own page.
IMMUTABLE_FIELDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Deployment": (("spec", "selector"),),
    "ReplicaSet": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "StatefulSet": (
        ("spec", "selector"),
        ("spec", "serviceName"),
        ("spec", "volumeClaimTemplates"),
        ("spec", "podManagementPolicy"),
    ),
    "Job": (
        ("spec", "selector"),
        ("spec", "template"),
        ("spec", "completionMode"),
        ("spec", "podFailurePolicy"),
        ("spec", "successPolicy"),
        ("spec", "backoffLimitPerIndex"),
        ("spec", "managedBy"),
    ),
    "PersistentVolumeClaim": (
        ("spec", "accessModes"),
        ("spec", "selector"),
        ("spec", "volumeMode"),
        ("spec", "storageClassName"),
        ("spec", "volumeName"),
    ),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "StorageClass": (("provisioner",), ("parameters",), ("reclaimPolicy",), ("volumeBindingMode",)),
    "RoleBinding": (("roleRef",),),
    "ClusterRoleBinding": (("roleRef",),),
    "Secret": (("type",),),
}
_DATA = (("data",), ("stringData",), ("binaryData",))


def immutable_parts(document: Document) -> Iterator[tuple[str, Any]]:
    """Every part of the object that may not change, with its path."""
    kind = str(document.get("kind"))
    if is_custom(document):
        return
    fields = IMMUTABLE_FIELDS.get(kind, ())
    if kind in ("ConfigMap", "Secret") and document.get("immutable") is True:
        fields += _DATA
    if kind == "Job" and map_of(document.get("spec")).get("completionMode") != "Indexed":
        fields += (("spec", "completions"),)
    for field in fields:
        part: Any = document
        for key in field:
            part = map_of(part).get(key)
        if part is not None:
            yield join("", field), part
