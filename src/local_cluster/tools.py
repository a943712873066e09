"""Where the programs are that `make tools` and `make cluster-tools` have built or installed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local_cluster.errors import ClusterError

REPOSITORY = Path(__file__).resolve().parents[2]

_FROM_CLUSTER_TOOLS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "keda-operator",
    "keda-adapter",
    "keda-webhooks",
    "keda-definitions",
    "vertical-pod-autoscaler-definitions",
)
_FROM_TOOLS = ("helm3", "helm4", "kubernetes")
_FROM_PYPI = ("kubectl", "temporal")


@dataclass(frozen=True)
class Tools:
    """Each program and folder by its name: `built` holds what Go made, `installed` what came from PyPI."""

    built: Path = REPOSITORY / "build" / "tools"
    installed: Path = Path(sys.executable).parent

    def __call__(self, name: str) -> Path:
        """The path of one of them."""
        return (self.installed if name in _FROM_PYPI else self.built) / name

    def require(self) -> None:
        """Refuse to go on if anything is missing.

        Raises:
            ClusterError: it names all that is missing, and the commands that bring it.
        """
        if not sys.platform.startswith("linux"):
            raise ClusterError(f"A cluster on this machine needs Linux, because of /proc; this is {sys.platform}.")
        missing = {
            "make tools": list(self._missing(_FROM_TOOLS)),
            "make cluster-tools": list(self._missing((*_FROM_CLUSTER_TOOLS, *_FROM_PYPI))),
        }
        if any(missing.values()):
            names = ", ".join(name for some in missing.values() for name in some)
            commands = " and ".join(command for command, some in missing.items() if some)
            raise ClusterError(f"There is no {names}. Run {commands} (once, some 20 minutes when nothing is cached).")

    def _missing(self, names: Iterable[str]) -> Iterable[str]:
        return (name for name in names if not (self(name).is_dir() or os.access(self(name), os.X_OK)))
