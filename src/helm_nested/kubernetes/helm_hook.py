"""Helm's hooks: at which events Helm creates an object, in which order, and when it deletes it.

As in https://github.com/helm/helm/blob/v4.2.3/pkg/release/v1/util/manifest_sorter.go and
https://github.com/helm/helm/blob/v4.2.3/pkg/action/hooks.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helm_nested.kubernetes.document_part import map_of
from nested_templates.yaml_documents import Document

HOOK = "helm.sh/hook"
WEIGHT = "helm.sh/hook-weight"
DELETE_POLICY = "helm.sh/hook-delete-policy"
OUTPUT_LOG_POLICY = "helm.sh/hook-output-log-policy"
RESOURCE_POLICY = "helm.sh/resource-policy"
ANNOTATIONS = (HOOK, WEIGHT, DELETE_POLICY, RESOURCE_POLICY)
SUCCEEDED = "hook-succeeded"
# Every event, and those that certainly came before it in the life of a release.
EARLIER: dict[str, tuple[str, ...]] = {
    "pre-install": (),
    "post-install": ("pre-install",),
    "pre-upgrade": ("pre-install", "post-install"),
    "post-upgrade": ("pre-install", "post-install", "pre-upgrade"),
    "pre-rollback": ("pre-install", "post-install", "pre-upgrade", "post-upgrade"),
    "post-rollback": ("pre-install", "post-install", "pre-upgrade", "post-upgrade", "pre-rollback"),
    "pre-delete": ("pre-install", "post-install"),
    "post-delete": ("pre-install", "post-install", "pre-delete"),
    "test": ("pre-install", "post-install"),
}
_HELM_2 = {"test-success": "test"}
EVENTS = (*EARLIER, *_HELM_2)
OUTPUT_LOG_POLICIES = (SUCCEEDED, "hook-failed")
DELETE_POLICIES = (*OUTPUT_LOG_POLICIES, "before-hook-creation")
# https://github.com/helm/helm/blob/v4.2.3/pkg/release/v1/util/kind_sorter.go
INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
_KIND_ORDER = {kind: number for number, kind in enumerate(INSTALL_ORDER)}


@dataclass(frozen=True, slots=True)
class HelmHook:
    """What an object's annotations say of it as a hook; without events Helm knows none of its words, and skips it."""

    written: str
    events: frozenset[str]
    weight: int
    is_deleted: bool
    # Helm runs hooks by weight, then by name; the order of kinds decides only between equal names.
    order: tuple[int, str, int, str]


def helm_hook(document: Document) -> HelmHook | None:
    """The hook that the object is, None when it is none."""
    metadata = map_of(document.get("metadata"))
    annotations = map_of(metadata.get("annotations"))
    written = annotations.get(HOOK)
    if not isinstance(written, str):
        return None
    words = [_HELM_2.get(word, word) for word in words_of(written)]
    kind, weight = str(document.get("kind")), weight_of(annotations.get(WEIGHT)) or 0
    return HelmHook(
        written,
        frozenset(words) if all(word in EARLIER for word in words) else frozenset(),
        weight,
        # Helm never deletes a definition, because every object of its kind would go with it.
        SUCCEEDED in words_of(annotations.get(DELETE_POLICY)) and kind != "CustomResourceDefinition",
        (weight, str(metadata.get("name")), _KIND_ORDER.get(kind, len(_KIND_ORDER)), kind),
    )


def is_kept(document: Document) -> bool:
    """Whether Helm leaves the object where it is when the release is deleted."""
    annotations = map_of(map_of(document.get("metadata")).get("annotations"))
    return words_of(annotations.get(RESOURCE_POLICY)) == ["keep"]


def words_of(value: object) -> list[str]:
    """The words of an annotation as Helm reads them: none if it is no text."""
    return [word.strip().lower() for word in value.split(",")] if isinstance(value, str) else []


def weight_of(value: object) -> int | None:
    """The number in an annotation as Go's strconv.Atoi reads it; None, which counts as 0, if it reads none."""
    if not isinstance(value, str) or not re.fullmatch(r"[+-]?[0-9]{1,19}", value, re.ASCII):
        return None
    return int(value) if -(2**63) <= int(value) < 2**63 else None
