"""Whether volumes can be put where the pods say; as a program it says why not, with exit status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from local_cluster.errors import ClusterError
from local_cluster.exit_status import exit_status
from local_cluster.kubelet import mounting


@cache
def why_not() -> str:
    """What keeps us from mounting, or nothing; it is tried once, as root may not do it in every container."""
    if os.geteuid() != 0:
        return "only root may mount"
    with TemporaryDirectory() as folder:
        pairs = json.dumps([(folder, "/etc/local-cluster-trial")])
        command = [sys.executable, "-I", mounting.__file__, str(Path(folder, "mounts")), pairs, "true"]
        trial = subprocess.run(command, capture_output=True, text=True, check=False)
    if trial.returncode == 0:
        return ""
    # The last line of a traceback, like "PermissionError: [Errno 1] unshare: Operation not permitted".
    return trial.stderr.strip().rpartition("\n")[2].rpartition("] ")[2] or f"status {trial.returncode}"


def can_mount() -> bool:
    """Whether volumes can be put where the pods say."""
    return not why_not()


def require() -> None:
    """Refuse to go on where volumes cannot be mounted.

    Raises:
        ClusterError: it says what cannot be tried, and why.
    """
    if not can_mount():
        raise ClusterError(
            f"no volume of a pod can be mounted here ({why_not()}), so what reads one cannot be tried: helm test, "
            "client certificates, accounts' tokens, the control plane in a pod. Be root where mounting is allowed, or "
            "try the rest with make e2e TESTS=tests/cluster, which says what it skips."
        )


if __name__ == "__main__":
    sys.exit(exit_status("make e2e", require))
