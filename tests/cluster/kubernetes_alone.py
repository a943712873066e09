"""A cluster of which only Kubernetes runs: KEDA's and the autoscaler's kinds are known, and nobody acts on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from helm_nested.chart import load_chart
from helm_nested.engine import Release, open_in_process
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.control_plane import ControlPlane
from local_cluster.definitions import install_definitions
from local_cluster.kubelet.stand_in import Kubelet

from .endpoints import PRIORITIES
from .releases import CHART, RELEASE

TEMPLATES = f"{RELEASE}-service-template-config"
KINDS = (
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("policy/v1", "PodDisruptionBudget"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("keda.sh/v1alpha1", "TriggerAuthentication"),
    ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
)
_OF_KUBERNETES = "kube-root-ca.crt"


class KubernetesAlone(Cluster):
    """etcd, the API server, the controllers and the stand-in kubelet."""

    def _start(self) -> None:
        self.plane = ControlPlane(self.folder, self.processes, self.tools)
        for definitions in ("keda-definitions", "vertical-pod-autoscaler-definitions"):
            install_definitions(self.plane.api, self.tools(definitions))
        self.kubelet = Kubelet(self.plane.api, self.folder / "pods", self._guard.environment)


@dataclass(frozen=True)
class Place:
    """A namespace with the chart's objects, as a release would have made them."""

    cluster: Cluster
    name: str

    def prepare(self, **temporal: Any) -> None:
        """Make the namespace, and put the chart's objects there."""
        self.cluster.plane.namespace(self.name, pod_security="restricted")
        for value, name in enumerate(PRIORITIES, 1):
            document: Object = {
                "apiVersion": "scheduling.k8s.io/v1",
                "kind": "PriorityClass",
                "metadata": {"name": name},
                "value": value,
            }
            self.cluster.plane.api.apply(document, force=True)
        for document in self.chart(**temporal):
            self.cluster.plane.api.apply(document, force=True)

    def chart(self, **temporal: Any) -> list[Object]:
        """What the chart leads to with these values of its section `temporal`."""
        own: dict[str, Any] = {
            "connection": {"address": "temporal.example.com:7233"},
            "serviceAccount": {"create": True, "name": "temporal-worker"},
        }
        engine = open_in_process(load_chart(CHART))
        values = yaml.safe_dump({"temporal": {**own, **temporal}})
        rendered = engine.render([values], Release(RELEASE, self.name))
        documents = [yaml.safe_load(manifest.text) for manifest in rendered.manifests]
        for document in documents:
            document["metadata"].setdefault("namespace", self.name)
        return documents

    def take_templates(self, **temporal: Any) -> None:
        """Change the chart's ConfigMap as an upgrade with these values would."""
        for document in self.chart(**temporal):
            if document["kind"] == "ConfigMap" and document["metadata"]["name"] == TEMPLATES:
                self.cluster.plane.api.apply(document, force=True)

    def objects(self) -> dict[str, Object]:
        """Every object of a kind that endpoints have, but the chart's own and Kubernetes'."""
        return {
            f"{kind}/{live['metadata']['name']}": live
            for api_version, kind in KINDS
            for live in self.cluster.plane.api.list(Reference(api_version, kind, self.name))
            if not live["metadata"]["name"].startswith((_OF_KUBERNETES, RELEASE))
        }

    def remove(self, key: str) -> None:
        """Delete one of them."""
        live = self.objects()[key]
        self.cluster.plane.api.delete(Reference.of(live))

    def put_stranger(self, name: str, kind: str = "ConfigMap", **labels: str) -> Object:
        """An object that somebody else has made."""
        metadata = {"name": name, "namespace": self.name, "labels": labels}
        document: Object = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"whose": "theirs"}}
        made: Object = self.cluster.plane.api.apply(document, manager="kubectl", force=True).body
        return made
