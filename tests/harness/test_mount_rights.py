"""Where nobody may mount, `make e2e` says before anything else what cannot be tried, and why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Root loses the right to mount with everything that it starts from here on; others do not have it.
WITHOUT = ["setpriv", "--bounding-set=-sys_admin"] if os.geteuid() == 0 else []
SAID = "make e2e: no volume of a pod can be mounted here ("


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """What a command does that nobody lets mount."""
    # Under `make test` make is another one's child, which it would say.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment |= {"PYTHONPATH": str(ROOT / "src"), "LC_ALL": "C"}
    return subprocess.run(
        [*WITHOUT, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_one_line_says_what_cannot_be_tried_and_why() -> None:
    """It has an exit status of its own, by which CI tells it from a failure."""
    done = run(sys.executable, "-m", "local_cluster.kubelet.mount_rights")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(SAID)
    assert "(only root may mount)" in line or "(unshare: Operation not permitted)" in line


@pytest.mark.parametrize("verb", ["e2e", "e2e-all"])
def test_make_says_it_before_it_builds_or_tries_anything(verb: str) -> None:
    """What it says comes first and last, but for what make adds."""
    own = [f"BIN={Path(sys.executable).parent}", "TESTS="]
    done = run("make", "--old-file=.venv/ready", "--no-print-directory", verb, *own)
    assert done.returncode == 2
    assert done.stdout == ""
    first, last = done.stderr.splitlines()
    assert first.startswith(SAID)
    assert last.startswith("make: ***")


def test_named_tests_are_not_kept_from_running() -> None:
    """Whoever names some gets them: those that read no volume need no rights."""
    own = [f"BIN={Path(sys.executable).parent}", "TESTS=tests/cluster/test_trace.py"]
    done = run("make", "--old-file=.venv/ready", "--no-print-directory", "mount-rights", *own)
    assert (done.returncode, done.stderr) == (0, "")
