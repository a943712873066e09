"""What a document refers to by name: settings, Services, accounts, roles, classes, claims, authentication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from helm_nested.kubernetes.document_part import list_of, map_of, maps_in, text_of
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template
from nested_templates.yaml_documents import Document

_AUTHENTICATIONS = ("TriggerAuthentication", "ClusterTriggerAuthentication")


@dataclass(frozen=True, slots=True)
class Reference:
    """One name that a document refers to, and the key in it if it names one; without a path only the key is new.

    With `files` a mount names one of these, which a volume makes of the object. What is `later` need not be there when
    the document is created.
    """

    path: str
    kind: str
    name: str
    key: str | None = None
    key_path: str = ""
    anywhere: bool = False
    files: frozenset[str] | None = None
    later: bool = False
    # Where it is, if that is not where the document is.
    namespace: str | None = None


def references(document: Document) -> Iterator[Reference]:
    """Every name that an object needs to be there; what is optional is not."""
    template = pod_template(document)
    kind, spec = document.get("kind"), map_of(document.get("spec"))
    if template is not None:
        yield from _pod(template)
        service = text_of(spec.get("serviceName")) if kind == "StatefulSet" else None
        if service:
            yield Reference("spec.serviceName", "Service", service, later=True)
    if kind in ("ScaledObject", "ScaledJob"):
        for path, trigger in maps_in(spec.get("triggers"), "spec.triggers"):
            authentication = map_of(trigger.get("authenticationRef"))
            of_kind = text_of(authentication.get("kind")) or _AUTHENTICATIONS[0]
            if of_kind in _AUTHENTICATIONS:  # its schema knows no other
                yield from _named(authentication, f"{path}.authenticationRef", of_kind)
    elif kind == "Ingress":
        yield from _ingress(spec)
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        yield from _binding(document)
    elif kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for path, webhook in maps_in(document.get("webhooks"), "webhooks"):
            yield from _called(map_of(webhook.get("clientConfig")), f"{path}.clientConfig")
    elif kind == "APIService":
        yield from _called(spec, "spec")
    elif kind == "ServiceAccount":
        for path, secret in maps_in(document.get("imagePullSecrets"), "imagePullSecrets"):
            yield from _named(secret, path, "Secret")
    elif kind in _AUTHENTICATIONS:
        for key, of_kind in (("secretTargetRef", "Secret"), ("configMapTargetRef", "ConfigMap")):
            for path, source in maps_in(spec.get(key), f"spec.{key}"):
                # A cluster's secrets are in the namespace that KEDA was told, which no document says.
                yield from _keyed(source, path, of_kind, anywhere=kind != _AUTHENTICATIONS[0])


def _ingress(spec: dict[Any, Any]) -> Iterator[Reference]:
    for path, tls in maps_in(spec.get("tls"), "spec.tls"):
        yield from (replace(each, later=True) for each in _named(tls, path, "Secret", "secretName"))
    backends = [("spec.defaultBackend", map_of(spec.get("defaultBackend")))]
    for path, rule in maps_in(spec.get("rules"), "spec.rules"):
        for place, route in maps_in(map_of(rule.get("http")).get("paths"), f"{path}.http.paths"):
            backends.append((f"{place}.backend", map_of(route.get("backend"))))
    for place, backend in backends:
        service = map_of(backend.get("service"))
        name, port = text_of(service.get("name")), map_of(service.get("port"))
        if name:
            key = "name" if "name" in port else "number"
            asked = str(port[key]) if key in port else None
            yield Reference(f"{place}.service.name", "Service", name, asked, f"{place}.service.port.{key}", later=True)


def _binding(document: Document) -> Iterator[Reference]:
    role = map_of(document.get("roleRef"))
    kind, name = text_of(role.get("kind")), text_of(role.get("name"))
    if kind and name and not (kind == "ClusterRole" and _of_kubernetes(name)):
        yield Reference("roleRef.name", kind, name)
    for path, subject in maps_in(document.get("subjects"), "subjects"):
        if subject.get("kind") == "ServiceAccount":
            namespace = text_of(subject.get("namespace"))
            yield from (replace(each, namespace=namespace) for each in _named(subject, path, "ServiceAccount"))


def _of_kubernetes(role: str) -> bool:
    """Whether every cluster has the role: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles."""
    return role.startswith("system:") or role in ("cluster-admin", "admin", "edit", "view")


def _called(holder: dict[Any, Any], path: str) -> Iterator[Reference]:
    """The Service that the API server calls."""
    service = map_of(holder.get("service"))
    for each in _named(service, f"{path}.service", "Service"):
        yield replace(each, later=True, namespace=text_of(service.get("namespace")))


def _pod(template: PodTemplate) -> Iterator[Reference]:
    path, spec = template.path, template.spec
    for key, kind in (
        ("serviceAccountName", "ServiceAccount"),
        ("serviceAccount", "ServiceAccount"),
        ("priorityClassName", "PriorityClass"),
        ("runtimeClassName", "RuntimeClass"),
    ):
        name = text_of(spec.get(key))
        if name:
            yield Reference(f"{path}.{key}", kind, name)
    for place, secret in maps_in(spec.get("imagePullSecrets"), f"{path}.imagePullSecrets"):
        yield from _named(secret, place, "Secret")
    files: dict[str, tuple[str, str, frozenset[str] | None]] = {}
    for place, volume in template.volumes():
        yield from _volume(volume, place, files)
    for place, container in template.containers():
        yield from _environment(container, place)
        for mount_path, mount in maps_in(container.get("volumeMounts"), f"{place}.volumeMounts"):
            sub_path, source = text_of(mount.get("subPath")), files.get(str(mount.get("name")))
            if sub_path and source:
                file = sub_path.split("/")[0]
                yield Reference("", *source[:2], file, f"{mount_path}.subPath", files=source[2])


def _volume(
    volume: dict[Any, Any], path: str, files: dict[str, tuple[str, str, frozenset[str] | None]]
) -> Iterator[Reference]:
    """What a volume refers to; `files` gets the volumes whose files are the keys of an object, under their names."""
    for key, name_key, kind in (("configMap", "name", "ConfigMap"), ("secret", "secretName", "Secret")):
        if key in volume:
            source = map_of(volume[key])
            name = text_of(source.get(name_key))
            if name and source.get("optional") is not True:
                yield from _files(source, f"{path}.{key}", kind, name, name_key)
                paths = frozenset(str(item.get("path")).split("/")[0] for _, item in maps_in(source.get("items"), ""))
                files[str(volume.get("name"))] = (kind, name, paths or None)
    if "persistentVolumeClaim" in volume:
        source = map_of(volume["persistentVolumeClaim"])
        yield from _named(source, f"{path}.persistentVolumeClaim", "PersistentVolumeClaim", "claimName")
    # What the drivers of storage log in with.
    for key, source in volume.items():
        yield from _named(map_of(map_of(source).get("secretRef")), f"{path}.{key}.secretRef", "Secret")
    yield from _named(map_of(volume.get("azureFile")), f"{path}.azureFile", "Secret", "secretName")
    if "csi" in volume:
        source = map_of(map_of(volume["csi"]).get("nodePublishSecretRef"))
        yield from _named(source, f"{path}.csi.nodePublishSecretRef", "Secret")
    if "projected" in volume:
        for place, projection in maps_in(map_of(volume["projected"]).get("sources"), f"{path}.projected.sources"):
            for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                source = map_of(projection.get(key))
                name = text_of(source.get("name"))
                if name and source.get("optional") is not True:
                    yield from _files(source, f"{place}.{key}", kind, name, "name")


def _files(source: dict[Any, Any], path: str, kind: str, name: str, name_key: str) -> Iterator[Reference]:
    yield Reference(f"{path}.{name_key}", kind, name)
    for place, item in maps_in(source.get("items"), f"{path}.items"):
        key = text_of(item.get("key"))
        if key:
            yield Reference("", kind, name, key, f"{place}.key")


def _environment(container: dict[Any, Any], path: str) -> Iterator[Reference]:
    for place, source in maps_in(container.get("envFrom"), f"{path}.envFrom"):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            yield from _named(map_of(source.get(key)), f"{place}.{key}", kind)
    for number, variable in enumerate(list_of(container.get("env"))):
        chosen = map_of(variable).get("valueFrom")
        if isinstance(chosen, dict):
            for key, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                yield from _keyed(map_of(chosen.get(key)), f"{path}.env[{number}].valueFrom.{key}", kind)


def _named(source: dict[Any, Any], path: str, kind: str, name_key: str = "name") -> Iterator[Reference]:
    name = text_of(source.get(name_key))
    if name and source.get("optional") is not True:
        yield Reference(f"{path}.{name_key}", kind, name)


def _keyed(source: dict[Any, Any], path: str, kind: str, *, anywhere: bool = False) -> Iterator[Reference]:
    name, key = text_of(source.get("name")), text_of(source.get("key"))
    if name and source.get("optional") is not True:
        yield Reference(f"{path}.name", kind, name, key, f"{path}.key", anywhere)
