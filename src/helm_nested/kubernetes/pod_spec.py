"""Pod specs wherever they stand: in a Pod, or in the template of what makes pods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helm_nested.kubernetes.api_group import api_group
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from nested_templates.yaml_documents import Document

_PATHS = {
    "Pod": "",
    "PodTemplate": "template",
    "Deployment": "spec.template",
    "StatefulSet": "spec.template",
    "DaemonSet": "spec.template",
    "ReplicaSet": "spec.template",
    "ReplicationController": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
    "ScaledJob": "spec.jobTargetRef.template",
}
_GROUPS = frozenset({"", "apps", "batch", "extensions"})
_KEDA = frozenset({"keda.sh"})
CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """A pod's metadata and spec, and their paths in the document."""

    metadata: dict[Any, Any]
    metadata_path: str
    spec: dict[Any, Any]
    path: str

    def containers(self) -> Iterator[tuple[str, dict[Any, Any]]]:
        """Every container, init container and ephemeral container, with its path."""
        for key in CONTAINER_LISTS:
            if key in self.spec:
                yield from maps_in(self.spec[key], f"{self.path}.{key}")

    def ports(self) -> Iterator[dict[Any, Any]]:
        """Every port that is open while the pod runs: an init container's only where it runs on."""
        for _, container in self.containers():
            if container not in list_of(self.spec.get("initContainers")) or container.get("restartPolicy") == "Always":
                for _, port in maps_in(container.get("ports"), ""):
                    yield port

    def volumes(self) -> Iterator[tuple[str, dict[Any, Any]]]:
        """Every volume, with its path."""
        return maps_in(self.spec.get("volumes"), f"{self.path}.volumes")


def pod_template(document: Document) -> PodTemplate | None:
    """The pod that this document is or makes, None when it makes none."""
    kind = document.get("kind")
    path = _PATHS.get(kind) if isinstance(kind, str) else None
    if path is None or api_group(document) not in (_KEDA if kind == "ScaledJob" else _GROUPS):
        return None
    part: dict[Any, Any] = document
    for key in path.split(".") if path else ():
        part = map_of(part.get(key))
    start = f"{path}." if path else ""
    return PodTemplate(map_of(part.get("metadata")), f"{start}metadata", map_of(part.get("spec")), f"{start}spec")
