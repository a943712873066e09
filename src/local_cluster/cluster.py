"""All of it together: one folder, one guard, and the parts that were asked for."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from local_cluster.control_plane import ControlPlane
from local_cluster.definitions import install_definitions
from local_cluster.guard import Guard
from local_cluster.keda import Keda
from local_cluster.kubelet.stand_in import Kubelet
from local_cluster.processes import Processes
from local_cluster.temporal import Temporal
from local_cluster.tools import Tools


class Cluster:
    """A running cluster while it is entered; nothing of it is left afterwards, however its starter ends.

    `logs`: a folder in which the logs are kept for later.
    """

    plane: ControlPlane
    keda: Keda
    temporal: Temporal
    kubelet: Kubelet

    def __init__(self, tools: Tools | None = None, logs: Path | None = None) -> None:
        self.tools, self._kept_logs = tools or Tools(), logs
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        self.tools.require()
        self.folder = Path(tempfile.mkdtemp(prefix="local-cluster-"))
        self._guard = Guard(self.folder)
        self.processes = Processes(self.folder / "logs", self._guard)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End everything in order, and remove the folder."""
        try:
            if hasattr(self, "kubelet"):
                self.kubelet.stop()
            self.processes.stop()
            if hasattr(self, "kubelet"):
                self.kubelet.join()
            if hasattr(self, "plane"):
                self.plane.api.close()
            if self._kept_logs:
                shutil.copytree(self.folder / "logs", self._kept_logs, dirs_exist_ok=True)
        finally:
            self._guard.end()

    def _start(self) -> None:
        begin = time.monotonic()
        self.plane = ControlPlane(self.folder, self.processes, self.tools)
        begin = self._took("control plane", begin)
        self.temporal = Temporal(self.folder, self.processes, self.tools)
        begin = self._took("Temporal", begin)
        # KEDA takes the system's authorities for servers that are asked with an API key.
        trusted = {"SSL_CERT_FILE": str(self.plane.authority.certificate)}
        self.keda = Keda(self.folder, self.processes, self.tools, self.plane, trusted)
        install_definitions(self.plane.api, self.tools("vertical-pod-autoscaler-definitions"))
        begin = self._took("KEDA", begin)
        self.kubelet = Kubelet(self.plane.api, self.folder / "pods", self._guard.environment)
        self._took("kubelet", begin)

    def _took(self, what: str, begin: float) -> float:
        now = time.monotonic()
        self.seconds[what] = now - begin
        return now
