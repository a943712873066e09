"""The part of a document that refers to other objects, or that others refer to."""

from __future__ import annotations

from typing import Any

from helm_nested.kubernetes.bundle_object import identity, scaling
from helm_nested.kubernetes.document_part import list_of, map_of
from helm_nested.kubernetes.pod_spec import CONTAINER_LISTS, pod_template
from nested_templates.document_path import put
from nested_templates.yaml_documents import Document

# Of a pod's spec and its containers, what holds names; volumes and mounts are looked at one by one.
_POD_KEYS = ("serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName", "imagePullSecrets")
_VOLUME_KEYS = ("configMap", "secret", "projected", "persistentVolumeClaim", "csi", "azureFile")

# What is little besides names.
_WHOLE = {
    "Ingress": ("spec",),
    "RoleBinding": ("roleRef", "subjects"),
    "ClusterRoleBinding": ("roleRef", "subjects"),
    "ValidatingWebhookConfiguration": ("webhooks",),
    "MutatingWebhookConfiguration": ("webhooks",),
}


def referring(document: Document) -> Document:
    """The part of a document that says which object it is, what it refers to, and which keys it has."""
    view = identity(document)
    template = pod_template(document)
    kind, spec = document.get("kind"), map_of(document.get("spec"))
    if template is not None:
        put(view, template.path, _pod_view(template.spec))
        if "serviceName" in spec:
            put(view, "spec.serviceName", spec["serviceName"])
        if kind == "ScaledJob":
            put(view, "spec.triggers", _each(spec.get("triggers"), ("authenticationRef",)))
    elif isinstance(kind, str) and kind in _WHOLE:
        view |= {key: document[key] for key in _WHOLE[kind] if key in document}
    elif kind == "Service":
        view["spec"] = {"ports": _each(spec.get("ports"), ("name", "port"))}
    elif kind == "APIService":
        view["spec"] = {"service": spec.get("service")}
    elif kind in ("ConfigMap", "Secret"):
        for part in ("data", "stringData", "binaryData"):
            if part in document:
                view[part] = dict.fromkeys(map_of(document[part]), "")
    elif kind == "ServiceAccount":
        view["imagePullSecrets"] = document.get("imagePullSecrets")
    elif kind in ("TriggerAuthentication", "ClusterTriggerAuthentication"):
        view["spec"] = {key: spec[key] for key in ("secretTargetRef", "configMapTargetRef") if key in spec}
    else:
        view["spec"] = scaling(document)
        if kind == "ScaledObject":
            view["spec"]["triggers"] = _each(spec.get("triggers"), ("authenticationRef",))
    return view


def _pod_view(spec: dict[Any, Any]) -> dict[str, Any]:
    view: dict[str, Any] = {key: spec[key] for key in _POD_KEYS if key in spec}
    if "volumes" in spec:
        view["volumes"] = [_volume_view(map_of(each)) for each in list_of(spec["volumes"])]
    for key in CONTAINER_LISTS:
        if key in spec:
            view[key] = [_container_view(map_of(each)) for each in list_of(spec[key])]
    return view


def _volume_view(volume: dict[Any, Any]) -> dict[str, Any]:
    view = {key: volume[key] for key in ("name", *_VOLUME_KEYS) if key in volume}
    return view | {
        key: {"secretRef": source["secretRef"]} for key, source in volume.items() if "secretRef" in map_of(source)
    }


def _container_view(container: dict[Any, Any]) -> dict[str, Any]:
    mounts = [
        {"name": each.get("name"), "subPath": each["subPath"]} if each.get("subPath") else {}
        for each in map(map_of, list_of(container.get("volumeMounts")))
    ]
    return {
        "envFrom": container.get("envFrom"),
        "env": _each(container.get("env"), ("valueFrom",)),
        "volumeMounts": mounts,
    }


def _each(entries: object, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every entry with these keys only, in its place; the empty ones at the end are left out."""
    kept = [{key: each[key] for key in keys if key in each} for each in map(map_of, list_of(entries))]
    while kept and not kept[-1]:
        kept.pop()
    return kept
