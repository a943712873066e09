"""`make e2e` without its tools ends with one message, and runs and skips nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_cluster.guard import of_this_process

ROOT = Path(__file__).parents[2]
# A plugin of pytest that asks for one tool more than there is.
PLUGIN = """
from local_cluster import tools
tools._FROM_CLUSTER_TOOLS = (*tools._FROM_CLUSTER_TOOLS, "a-tool-of-tomorrow")
"""


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_missing_tool_is_told_once(tmp_path: Path, processes: str) -> None:
    """The message names the tool and the command that builds it, with one process or several."""
    (tmp_path / "tomorrow.py").write_text(PLUGIN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(tmp_path)])}
    environment.pop("PYTEST_XDIST_WORKER", None)
    environment |= of_this_process().environment
    command = [sys.executable, "-m", "pytest", "-p", "tomorrow", "-q", "-n", processes, "tests/cluster/test_kubelet.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "There is no a-tool-of-tomorrow. Run make cluster-tools" in said
    assert not any(word in said for word in ("passed", "failed", "skipped", "error"))
