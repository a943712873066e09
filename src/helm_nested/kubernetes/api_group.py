"""API groups: what comes with Kubernetes, and what a CustomResourceDefinition brings."""

from __future__ import annotations

from nested_templates.yaml_documents import Document

# https://kubernetes.io/docs/reference/kubernetes-api/ lists them; `extensions` was removed in 1.22.
BUILT_IN = frozenset(
    {
        "",
        "admission.k8s.io",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "imagepolicy.k8s.io",
        "internal.apiserver.k8s.io",
        "lifecycle.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)


def api_group(document: Document) -> str:
    """The group in the document's apiVersion, empty for the core group."""
    api_version = document.get("apiVersion")
    return api_version.rpartition("/")[0] if isinstance(api_version, str) else ""


def is_custom(document: Document) -> bool:
    """Whether the document is of a kind that a CustomResourceDefinition brings.

    The group of one must have a dot, so `app/v1` is a misspelt built-in group:
    https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
    """
    group = api_group(document)
    return "." in group and group not in BUILT_IN
