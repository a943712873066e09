"""A site whose ScaledObjects ask a control plane that sees what workers run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.processes import free_port

from .endpoints import Site, Values, merged
from .served import Served, served

TOKEN = "the-scalers-own"  # noqa: S105 - of a test
SECRET = "scaler-token"  # noqa: S105 - its name


@dataclass
class Protected:
    """The site, and where its control plane answers while it runs."""

    site: Site
    folder: Path
    port: int

    @classmethod
    def of(cls, cluster: Cluster, contract: Contract, name: str, folder: Path, temporal: Values) -> Protected:
        """Install the chart with these values, and the scaler's token beside it."""
        port = free_port()
        cluster.plane.namespace(name)
        metadata = {"name": SECRET, "namespace": name}
        secret: Any = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"token": TOKEN}}
        cluster.plane.api.apply(secret)
        (folder / "token").write_text(TOKEN)
        asked = {"enabled": True, "url": f"http://127.0.0.1:{port}", "tokenSecretName": SECRET}
        values = merged(temporal, {"keda": {"busyWorkers": asked}})
        return cls(Site(cluster, contract, name, folder, values), folder, port)

    @contextmanager
    def served(self, *more: str) -> Iterator[Served]:
        """The control plane, looking every second, with some options more."""
        options = [
            *more,
            f"--temporal-address={self.site.cluster.temporal.address}",
            f"--scaler-token={self.folder / 'token'}",
            "--observe=1",
        ]
        with served(self.site, self.folder, *options, port=self.port) as control:
            yield control

    def create(self, control: Served, **changes: Any) -> dict[str, Any]:
        """A READY endpoint whose workers tell every second what they run."""
        endpoint_id = control.create({"TEMPORAL_WORKER_HEARTBEAT_SECONDS": "1"}, **changes)
        return control.wait_for(endpoint_id)
