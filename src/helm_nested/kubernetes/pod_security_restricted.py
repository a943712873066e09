"""What the Pod Security Standards' level `restricted` demands beyond `baseline`, control by control; see there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.kubernetes.document_part import list_of, map_of
from helm_nested.kubernetes.pod_security_baseline import CAPABILITIES, Breach, Minors, is_relaxed
from helm_nested.kubernetes.pod_spec import PodTemplate
from nested_templates.document_path import nearest, step

_VOLUME_KINDS = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)


def restricted(template: PodTemplate, minors: Minors) -> Iterator[Breach]:
    """What the level demands of the pod and each of its containers, beside what `baseline` forbids."""
    containers = list(template.containers())
    yield from _volumes(template)
    yield from _user(template, containers, minors)
    if map_of(template.spec.get("os")).get("name") != "windows":
        yield from _seccomp(template, containers)
        for path, container in containers:
            yield from _privileges(path, container)


def _volumes(template: PodTemplate) -> Iterator[Breach]:
    for place, volume in template.volumes():
        kinds = [key for key, value in volume.items() if key != "name" and value is not None]
        # A volume without a source is an emptyDir by default.
        if kinds and not _VOLUME_KINDS.intersection(map(str, kinds)) and kinds != ["hostPath"]:
            yield Breach(step(place, kinds[0]), f"a volume must not be of the kind {kinds[0]}")


def _user(template: PodTemplate, containers: list[tuple[str, dict[Any, Any]]], minors: Minors) -> Iterator[Breach]:
    if is_relaxed(template, minors):
        return
    pod = map_of(template.spec.get("securityContext"))
    if pod.get("runAsNonRoot") is False:
        yield Breach(f"{template.path}.securityContext.runAsNonRoot", "runAsNonRoot must be true")
    if pod.get("runAsUser") == 0:
        yield Breach(f"{template.path}.securityContext.runAsUser", "runAsUser must not be 0")
    for path, container in containers:
        context = map_of(container.get("securityContext"))
        own = context.get("runAsNonRoot")
        if own is False or (own is None and pod.get("runAsNonRoot") is None):
            place = nearest(path, container, ["securityContext", "runAsNonRoot"])
            yield Breach(place, "runAsNonRoot must be true, in the container or its pod")
        if context.get("runAsUser") == 0:
            yield Breach(f"{path}.securityContext.runAsUser", "runAsUser must not be 0")


def _seccomp(template: PodTemplate, containers: list[tuple[str, dict[Any, Any]]]) -> Iterator[Breach]:
    keys = ["securityContext", "seccompProfile", "type"]
    pod = map_of(template.spec.get("securityContext")).get("seccompProfile")
    # A type that is wrong is baseline's to report; here, one that is missing.
    if pod is not None and not map_of(pod).get("type"):
        yield Breach(nearest(template.path, template.spec, keys), "seccompProfile has no type")
    for path, container in containers:
        own = map_of(container.get("securityContext")).get("seccompProfile")
        if (own is None and pod is None) or (own is not None and not map_of(own).get("type")):
            place = nearest(path, container, keys)
            yield Breach(place, "seccompProfile.type must be RuntimeDefault or Localhost, in the container or its pod")


def _privileges(path: str, container: dict[Any, Any]) -> Iterator[Breach]:
    context = map_of(container.get("securityContext"))
    if context.get("allowPrivilegeEscalation") is not False:
        place = nearest(path, container, ["securityContext", "allowPrivilegeEscalation"])
        yield Breach(place, "allowPrivilegeEscalation must be false")
    capabilities = map_of(context.get("capabilities"))
    if "ALL" not in list_of(capabilities.get("drop")):
        place = nearest(path, container, ["securityContext", "capabilities", "drop"])
        yield Breach(place, "capabilities.drop must hold ALL, in capital letters")
    for number, capability in enumerate(list_of(capabilities.get("add"))):
        # What baseline allows no more than this does is reported there.
        if str(capability) in CAPABILITIES and capability != "NET_BIND_SERVICE":
            place = f"{path}.securityContext.capabilities.add[{number}]"
            yield Breach(place, f"only the capability NET_BIND_SERVICE may be added, not {capability}")
