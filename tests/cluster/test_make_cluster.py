"""`make cluster` tells how to use the cluster, and leaves nothing however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_cluster.guard import of_this_process
from local_cluster.processes import wait_until

ROOT = Path(__file__).parents[2]
SECONDS = 120


def processes_of(folder: Path) -> list[str]:
    """The commands that still name the folder of a cluster, the pods among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words and "guard.py" not in words:
            found.append(words)
    return found


@contextmanager
def person(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """`make cluster` until the end of the block, with its files in this folder, and where it writes what it says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1", "TMPDIR": str(folder)}
    environment |= of_this_process().environment
    out = folder / "out"
    with out.open("w") as file:
        starter = subprocess.Popen([sys.executable, "-m", "local_cluster"], stdout=file, stderr=file, env=environment)
    try:
        yield starter, out
    finally:
        starter.kill()
        starter.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_cluster_for_a_person_is_usable_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """It prints a kubeconfig that works and Temporal's address; after the signal no process and no file is left."""
    with person(tmp_path) as (starter, out):
        wait_until("it is ready", lambda: "Ctrl-C" in out.read_text() or starter.poll() is not None, seconds=SECONDS)
        said = out.read_text()
        kubeconfig = re.search(r"export KUBECONFIG=(\S+)", said)
        assert kubeconfig, said
        folder = Path(kubeconfig[1]).parent
        assert re.search(r"Temporal +127\.0\.0\.1:\d+", said)
        kubectl = [
            str(Path(sys.executable).with_name("kubectl")),
            f"--kubeconfig={kubeconfig[1]}",
            "get",
            "nodes",
            "-oname",
        ]
        answer = subprocess.run(kubectl, capture_output=True, text=True, check=True, timeout=60)
        assert answer.stdout == "node/stand-in\n"
        assert len(processes_of(folder)) >= 6
        starter.send_signal(number)
        status = starter.wait(SECONDS)
    assert status == (-number if number == signal.SIGKILL else 0)
    wait_until("every process is gone", lambda: not processes_of(folder), seconds=30)
    wait_until("the folder is gone", lambda: not folder.exists(), seconds=30)
