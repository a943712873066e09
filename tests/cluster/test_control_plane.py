"""The control plane on a real cluster: an endpoint comes, works, changes, is handed over between scalings, and goes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cluster import worker
from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.load import Load
from local_cluster.processes import free_port, wait_until

from .endpoints import QUICK_KEDA, Site

KEDA = {"scaling": "keda", "terminationGracePeriodSeconds": 75, "keda": QUICK_KEDA}
FIXED = {**KEDA, "scaling": "fixed"}
ENDPOINTS = "/v1/model-endpoints"
KEY = {"Authorization": "Basic " + base64.b64encode(b"speech:").decode(), "Content-Type": "application/json"}
SECONDS = 120


@pytest.fixture(scope="module")
def load(cluster: Cluster) -> Iterator[Load]:
    """The user's side."""
    with Load(cluster.temporal.address) as found:
        yield found


@dataclass
class Served:
    """A running `temporal-endpoints serve`, and the namespace that it fills."""

    site: Site
    address: str

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The API's answer."""
        content = None if body is None else json.dumps(body).encode()
        sent = {**KEY, **(headers or {})}
        request = urllib.request.Request(f"{self.address}{path}", content, sent, method=method)  # noqa: S310 - http
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 - as above
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def create(self, env: Mapping[str, str] | None = None, **changes: Any) -> str:
        """The id of a new endpoint, whose workers note what they do, with some variables more."""
        flavor = {
            "flavor": "runnable_image",
            "repository": "registry.example.com/worker",
            "tag": "1",
            "protocol": "http",
            "command": [sys.executable, worker.__file__],
            "env": {"TEMPORAL_WORKER_SLOTS": "1", "WORKER_RECORD": str(self.site.record), **(env or {})},
        }
        bundle = self.ask("POST", "/v2/model-bundles", {"name": "worker", "schema_location": "", "flavor": flavor})
        body = {
            "name": "transcribe",
            "endpoint_type": "temporal",
            "metadata": {},
            "gpus": 0,
            "per_worker": 1,
            "cpus": "100m",
            "memory": "128Mi",
            "min_workers": 0,
            "max_workers": 2,
            "model_bundle_id": bundle["model_bundle_id"],
            "labels": {"team": "speech", "product": "captions"},
            "temporal_task_queue": self.site.queue,
        }
        return str(self.ask("POST", ENDPOINTS, {**body, **changes})["endpoint_id"])

    def wait_for(self, endpoint_id: str, status: str = "READY") -> dict[str, Any]:
        """Wait until the newest generation has this status."""
        seen: dict[str, Any] = {}

        def reached() -> bool:
            seen.update(self.ask("GET", f"{ENDPOINTS}/{endpoint_id}"))
            return bool(seen["status"] == status and seen["observed_generation"] == seen["generation"])

        wait_until(f"{endpoint_id} is {status}: {seen}", reached, seconds=SECONDS, every=0.3)
        return seen

    def replicas(self, endpoint: dict[str, Any]) -> int:
        """How many workers its Deployment asks for."""
        where = Reference("apps/v1", "Deployment", self.site.name, endpoint["deployment_name"])
        return int(self.site.cluster.plane.api.get(where)["spec"].get("replicas", 0))

    def objects(self) -> list[str]:
        """Every object that bears an endpoint's id."""
        kinds = (("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("keda.sh/v1alpha1", "ScaledObject"), ("v1", "Pod"))
        api = self.site.cluster.plane.api
        found = (each for kind in kinds for each in api.list(Reference(*kind, self.site.name), labels="endpoint_id"))
        return [f"{each['kind']}/{each['metadata']['name']}" for each in found]


@contextmanager
def served(site: Site, folder: Path, *options: str, port: int | None = None) -> Iterator[Served]:
    """The program, with a kubeconfig and these options."""
    port = port or free_port()
    command = [sys.executable, "-m", "temporal_endpoints", "serve", "--port", str(port), "--namespace", site.name]
    command += options
    environment = {**site.cluster.plane.environment(), "HOME": str(folder), "PYTHONPATH": ":".join(sys.path)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log, cwd=folder)
        try:
            made = Served(site, f"http://127.0.0.1:{port}")
            wait_until("it serves", lambda: _is_ready(made.address), seconds=SECONDS)
            yield made
        finally:
            process.terminate()
            process.wait(SECONDS)


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:  # noqa: S310 - http
            return bool(answer.status == 200)
    except OSError:
        return False


def test_endpoint_works_from_its_request_to_its_end(
    cluster: Cluster, contract: Contract, load: Load, tmp_path: Path
) -> None:
    """READY at zero, a worker when there is work, another queue, the first one again, and nothing left."""
    site = Site(cluster, contract, "served", tmp_path, KEDA)
    with served(site, tmp_path) as control:
        endpoint_id = control.create()
        endpoint = control.wait_for(endpoint_id)
        wait_until("nobody runs", lambda: control.replicas(endpoint) == 0, seconds=SECONDS, every=0.3)
        assert control.wait_for(endpoint_id)["generation"] == 1
        load.start("one", site.queue, 1, 2, 3)
        wait_until("a worker runs it", lambda: site.notes("begin"), seconds=SECONDS, every=0.3)
        control.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "another-queue"})
        assert control.wait_for(endpoint_id)["temporal_task_queue"] == "another-queue"
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {})
        assert control.wait_for(endpoint_id)["temporal_task_queue"] == site.queue
        load.start("two", site.queue, 1, 2, 3)
        wait_until("a worker runs it", lambda: len(site.notes("begin")) == 2, seconds=SECONDS, every=0.3)
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: control.objects() == [], seconds=SECONDS, every=0.3)


def test_replicas_are_handed_over_in_both_directions(cluster: Cluster, contract: Contract, tmp_path: Path) -> None:
    """No worker stops when a scaler takes over, and all come back when it goes; the chart alone changes nothing."""
    site = Site(cluster, contract, "handed", tmp_path, FIXED)
    with served(site, tmp_path) as control:
        endpoint_id = control.create(min_workers=2, max_workers=2)
        endpoint = control.wait_for(endpoint_id)
        assert (control.replicas(endpoint), endpoint["deployment_state"]["available_workers"]) == (2, 2)
        site.release("upgrade", KEDA)
        reasons = [each["reason"] for each in control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["conditions"]]
        wait_until(
            f"new templates are told: {reasons}", lambda: _is_outdated(control, endpoint_id), seconds=60, every=1
        )
        assert not [each for each in control.objects() if each.startswith("ScaledObject")]
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/restart")
        lowest: list[int] = []

        def scaler_is_there() -> bool:
            lowest.append(control.replicas(endpoint))
            return any(each.startswith("ScaledObject") for each in control.objects())

        wait_until("the scaler is there", scaler_is_there, seconds=SECONDS, every=0.05)
        control.wait_for(endpoint_id)
        assert min(lowest) == control.replicas(endpoint) == 2
        control.ask("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generation": 1})
        control.wait_for(endpoint_id)
        assert not [each for each in control.objects() if each.startswith("ScaledObject")]
        assert control.replicas(endpoint) == 2
        control.ask("DELETE", f"{ENDPOINTS}/{endpoint_id}")
        wait_until("nothing is left", lambda: control.objects() == [], seconds=SECONDS, every=0.3)


def _is_outdated(control: Served, endpoint_id: str) -> bool:
    conditions = control.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["conditions"]
    return any(each["reason"] == "TemplateOutdated" for each in conditions)
