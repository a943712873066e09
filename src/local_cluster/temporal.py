"""The Temporal server, on loopback, with its database in memory or in a file."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from local_cluster.control_plane import SECONDS_TO_START
from local_cluster.processes import HOST, Child, Processes, free_port, wait_until
from local_cluster.tools import Tools


class Temporal:
    """A server without TLS; with a database file it keeps everything over a restart."""

    def __init__(
        self, folder: Path, processes: Processes, tools: Tools, namespaces: Sequence[str] = ("default",)
    ) -> None:
        self._folder, self._processes, self._tools, self._namespaces = folder, processes, tools, namespaces
        self.port = free_port()
        self._other_ports = (free_port(), free_port())
        self.start()

    @property
    def address(self) -> str:
        """What workers and clients connect to."""
        return f"{HOST}:{self.port}"

    def start(self) -> Child:
        """Start the server on its address, and wait until it takes connections."""
        http, metrics = self._other_ports
        command: list[str | Path] = [
            self._tools("temporal"),
            "server",
            "start-dev",
            "--headless",
            f"--ip={HOST}",
            f"--port={self.port}",
            f"--http-port={http}",
            f"--metrics-port={metrics}",
            f"--db-filename={self._folder}/temporal.sqlite",
            # A restart of the server finds all that it wrote; a machine that stops loses the cluster anyway.
            "--sqlite-pragma=synchronous=OFF",
            "--log-level=warn",
            # A build without work is called so after seconds, not after six minutes.
            '--dynamic-config-value=matching.wv.VersionDrainageStatusVisibilityGracePeriod="3s"',
            '--dynamic-config-value=matching.wv.VersionDrainageStatusRefreshInterval="3s"',
            *(f"--namespace={name}" for name in self._namespaces),
        ]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        self.server = self._processes.start("temporal", command, environment)
        wait_until("the Temporal server listens", self._listens, seconds=SECONDS_TO_START, child=self.server)
        return self.server

    def _listens(self) -> bool:
        with socket.create_connection((HOST, self.port), 1):
            return True
