"""Endpoints with workers that really run: a release whose values make scaling quick, and what its workers note."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_cluster import worker
from local_cluster.api import Object, Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract, Endpoint
from local_cluster.errors import ApiError
from local_cluster.processes import wait_until

from .releases import CHART, RELEASE, helm

# Half a minute of a production cluster takes a second here.
QUICK_KEDA = {
    "pollingInterval": 1,
    "initialCooldownPeriod": 1,
    "cooldownPeriod": 5,
    "behavior": {
        "scaleDown": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 5}],
        }
    },
}
KINDS = (("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("keda.sh/v1alpha1", "ScaledObject"), ("v1", "Pod"))
PRIORITIES = ("model-engine-default-priority", "model-engine-high-priority")

Values = Mapping[str, Any]


def merged(*layers: Values) -> dict[str, Any]:
    """Maps merged by key, the last one wins."""
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


@dataclass
class Site:
    """A namespace with one release and one endpoint, whose workers are processes of this machine."""

    cluster: Cluster
    contract: Contract
    name: str
    folder: Path
    temporal: Values

    def __post_init__(self) -> None:
        """Prepare the namespace as whoever runs the cluster does, and install the chart."""
        api = self.cluster.plane.api
        self.cluster.plane.namespace(self.name, pod_security="restricted")
        for value, name in enumerate(PRIORITIES, 1):
            priority: Object = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": value}
            try:
                api.create({**priority, "metadata": {"name": name}})
            except ApiError as error:
                # Nobody asks before whether it is there, because another site may make it at this moment.
                if error.reason != "AlreadyExists":
                    raise
        self.release("install")
        self.record = self.folder / "record.jsonl"

    @property
    def queue(self) -> str:
        """The task queue of its endpoint."""
        return f"queue-of-{self.name}"

    def release(self, verb: str, temporal: Values | None = None) -> None:
        """Install or upgrade the release; other values replace those that it had."""
        self.temporal = self.temporal if temporal is None else temporal
        own = {
            "connection": {"address": self.cluster.temporal.address},
            "serviceAccount": {"create": True, "name": "temporal-worker"},
        }
        values = {"temporal": merged(own, self.temporal)}
        file = self.folder / "values.yaml"
        file.write_text(yaml.safe_dump(values))
        helm(self.cluster, 4)(verb, RELEASE, CHART, f"--namespace={self.name}", f"--values={file}")

    def endpoint(self, *, least: int, most: int, per_worker: int, slots: int, **changes: Any) -> Endpoint:
        """An endpoint whose workers run so many activities at once; it is not applied yet."""
        env = {
            "TEMPORAL_TASK_QUEUE": self.queue,
            "TEMPORAL_WORKER_SLOTS": str(slots),
            "WORKER_RECORD": str(self.record),
        }
        arguments = {
            "RESOURCE_NAME": f"launch-endpoint-id-{self.name}",
            "NAMESPACE": self.name,
            "ENDPOINT_NAME": self.name,
            "TEMPORAL_TASK_QUEUE": self.queue,
            "MIN_WORKERS": least,
            "MAX_WORKERS": most,
            "PER_WORKER": per_worker,
            "COMMAND": [sys.executable, worker.__file__],
            "MAIN_ENV": [{"name": name, "value": value} for name, value in env.items()],
            **changes,
        }
        filled = self.contract.arguments("scale-from-zero", arguments)
        return Endpoint(self.cluster.plane.api, self.contract, self.name, filled)

    def objects(self) -> list[Object]:
        """Every object in the namespace that bears an endpoint's id."""
        api = self.cluster.plane.api
        return [live for kind in KINDS for live in api.list(Reference(*kind, self.name), labels="endpoint_id")]

    def living(self, version: str, kind: str, labels: str = "endpoint_id") -> list[Object]:
        """The objects of a kind that were not told to go."""
        found = self.cluster.plane.api.list(Reference(version, kind, self.name), labels=labels)
        return [live for live in found if not live["metadata"].get("deletionTimestamp")]

    def notes(self, what: str) -> list[dict[str, Any]]:
        """What the workers have noted under this word."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [note for note in map(json.loads, lines) if note["what"] == what]

    def ran_once(self) -> int:
        """How many activities have ended, each begun by one worker once and never cut short.

        The attempt that Temporal counts can be 2 without that: on a busy machine an order may never reach a worker.
        """
        begun = Counter(note["workflow"] for note in self.notes("begin"))
        cut = {note["workflow"] for note in self.notes("cut short")}
        ended = {note["workflow"] for note in self.notes("end")}
        return sum(begun[workflow] == 1 and workflow not in cut for workflow in ended)

    def told_to_stop(self) -> int:
        """How many activities ran on workers at the moment at which these were told to stop."""
        return len(self.notes("met by a stop"))

    def killed(self) -> list[str]:
        """The pods of this namespace that did not end in their grace period."""
        name = f"launch-endpoint-id-{self.name}-"
        steps = self.cluster.kubelet.history
        return [step["pod"] for step in steps if step["what"] == "ended" and step["killed"] and name in step["pod"]]


def wait_for_replicas(endpoint: Endpoint, count: int, seconds: float = 120) -> None:
    """Wait until the endpoint has so many ready workers, and no other pod."""

    def reached() -> bool:
        found = endpoint.api.get(endpoint.deployment)
        ready = found["status"].get("readyReplicas", 0)
        return bool(found["spec"].get("replicas") == ready == count == len(endpoint.pods()))

    wait_until(f"{endpoint.name} has {count} workers", reached, seconds=seconds, every=0.3)


def wait_for_condition(endpoint: Endpoint, kind: str, status: str) -> None:
    """Wait until this condition of the ScaledObject has this status."""
    what = f"{kind} of {endpoint.name} is {status}"
    wait_until(what, lambda: endpoint.condition(kind)[0] == status, seconds=60, every=0.3)
