"""`temporal-endpoints` on this machine: the process that serves, and the command line that asks it."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

from local_cluster.cluster import Cluster
from local_cluster.command import Command, Said
from local_cluster.processes import Child, free_port, wait_until

_SECONDS = 120
_WORDS = ("-m", "temporal_endpoints")


class Program:
    """`temporal-endpoints serve` for the endpoints of one namespace, and its command line in the name of one team.

    It ends with the cluster.
    """

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, team: str = "speech") -> None:
        self._cluster, self._namespace = cluster, namespace
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = {
            **cluster.plane.environment(),
            "HOME": str(folder),
            "PYTHONPATH": ":".join(sys.path),
            "TEMPORAL_ENDPOINTS_PORT": str(self._port),
            "TEMPORAL_ENDPOINTS_SERVER": self.address,
            "TEMPORAL_ENDPOINTS_API_KEY": team,
        }
        self._command = Command(Path(sys.executable), self._environment, seconds=2 * _SECONDS)

    def serve(self, *words: str) -> Child:
        """Start it with more arguments, and wait until it serves."""
        command = [sys.executable, *_WORDS, "serve", "--namespace", self._namespace, *words]
        child = self._cluster.processes.start(f"temporal-endpoints-{self._namespace}", command, self._environment)
        wait_until("temporal-endpoints serves", self._is_ready, seconds=_SECONDS, child=child)
        return child

    def run(self, *words: str) -> Said:
        """Run a command, however it ends."""
        return self._command.run(*_WORDS, *words)

    def __call__(self, *words: str) -> str:
        """What a command prints.

        Raises:
            ClusterError: it failed; the text has what it said.
        """
        return self._command(*_WORDS, *words)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5) as answer:  # noqa: S310 - http
                return bool(answer.status == 200)
        except OSError:
            return False
