"""A control plane that fills the namespace of a site, and what its API makes there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cluster import worker
from local_cluster.api import Reference
from local_cluster.errors import ClusterError
from local_cluster.processes import free_port, wait_until

from .control_plane_process import ENDPOINTS, SECONDS, ControlPlaneProcess, bundle, wish
from .endpoints import Site


@dataclass
class Served:
    """A running `temporal-endpoints serve`, and the namespace that it fills."""

    site: Site
    process: ControlPlaneProcess

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The API's answer."""
        return self.process.ask(method, path, body, headers)

    def create(self, env: Mapping[str, str] | None = None, **changes: Any) -> str:
        """The id of a new endpoint, whose workers note what they do, with some variables more."""
        flavor = bundle(
            command=[sys.executable, worker.__file__], env={"WORKER_RECORD": str(self.site.record), **(env or {})}
        )
        bundle_id = self.ask("POST", "/v2/model-bundles", flavor)["model_bundle_id"]
        body = wish(bundle_id, min_workers=0, max_workers=2, temporal_task_queue=self.site.queue)
        return str(self.ask("POST", ENDPOINTS, {**body, **changes})["endpoint_id"])

    def wait_for(self, endpoint_id: str, status: str = "READY") -> dict[str, Any]:
        """Wait until the newest generation has this status; without it the error says what the endpoint tells."""
        seen: dict[str, Any] = {}

        def reached() -> bool:
            seen.update(self.ask("GET", f"{ENDPOINTS}/{endpoint_id}"))
            return bool(seen["status"] == status and seen["observed_generation"] == seen["generation"])

        try:
            wait_until(f"{endpoint_id} is {status}", reached, seconds=SECONDS, every=0.3)
        except ClusterError as error:
            raise ClusterError(f"{error}\n{json.dumps(seen, indent=2)}\n{self.process.last_lines()}") from error
        return seen

    def said_of_the_build(self, endpoint_id: str) -> tuple[str, str]:
        """The reason and the message of what is said of the newest build, and of older ones; empty before that."""
        return self.said(endpoint_id, "BuildCurrent")

    def said(self, endpoint_id: str, kind: str) -> tuple[str, str]:
        """The reason and the message of one of its conditions; empty while there is none of this type."""
        seen = self.ask("GET", f"{ENDPOINTS}/{endpoint_id}")["conditions"]
        return next(((each["reason"], each["message"]) for each in seen if each["type"] == kind), ("", ""))

    def update_build(self, endpoint_id: str, build: str) -> None:
        """Ask for another build, whose workers tell every second what they run."""
        env = {"WORKER_RECORD": str(self.site.record), "TEMPORAL_WORKER_HEARTBEAT_SECONDS": "1", "BUILD": build}
        flavor = bundle(command=[sys.executable, worker.__file__], env=env)
        bundle_id = self.ask("POST", "/v2/model-bundles", flavor)["model_bundle_id"]
        self.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"model_bundle_id": bundle_id})

    def replicas(self, endpoint: dict[str, Any]) -> int:
        """How many workers its Deployment asks for."""
        where = Reference("apps/v1", "Deployment", self.site.name, endpoint["deployment_name"])
        return int(self.site.cluster.plane.api.get(where)["spec"].get("replicas", 0))

    def objects(self) -> list[str]:
        """Every object that bears an endpoint's id."""
        return [f"{live['kind']}/{live['metadata']['name']}" for live in self.site.objects()]


@contextmanager
def served(site: Site, folder: Path, *options: str, port: int | None = None) -> Iterator[Served]:
    """The program, with these options; its records stay in the folder for the next one."""
    process = ControlPlaneProcess(
        folder, site.cluster.plane.kubeconfig, site.name, arguments=options, port=port or free_port()
    )
    with process.running():
        yield Served(site, process)
