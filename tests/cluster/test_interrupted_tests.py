"""However a run of the tests is interrupted, what they started ends: a control plane, workers, databases, a cluster.

What starts here needs no cluster: it need not get ready to be left behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cluster.guard import of_this_process
from local_cluster.processes import wait_until

ROOT = Path(__file__).parents[2]
SECONDS = 90
# It starts what the tests start, says so, and never ends by itself.
MODULE = """
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

from local_cluster import postgresql
from tests.cluster.control_plane_process import ControlPlaneProcess
from tests.cluster.test_make_cluster import person
from tests.cluster.test_worker import worker

HERE = Path(__file__).parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(300)", "a-sleeping"]


def test_it(postgresql_folder: Path) -> None:
    process = ControlPlaneProcess(HERE / "own", HERE / "kubeconfig", "speech")
    threading.Thread(target=lambda: process.start(program=SLEEP[1:3]), daemon=True).start()
    temporal = SimpleNamespace(temporal=SimpleNamespace(address="127.0.0.1:1"))
    with worker(temporal, HERE, "captions", [*SLEEP, "worker"]), person(HERE) as (starter, out):
        while not (HERE / "end").exists():
            time.sleep(0.1)
"""
# The words of each of these processes, and how a test of the cluster starts it.
STARTED = {
    "temporal-endpoints serve": "serve --port",
    "a worker": "a-sleeping worker",
    "PostgreSQL": "postgres -D",
    "make cluster": "-m local_cluster",
    "a part of it": "etcd --",
}


def living(folder: Path) -> list[str]:
    """The commands that name this folder, or have it in their environment; but not a guard that clears up."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (path / "environ").read_bytes()
        except OSError:
            continue
        if words and (str(folder) in words or str(folder).encode() in environment) and "guard.py" not in words:
            found.append(words)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as a socket of PostgreSQL needs it."""
    made = Path(tempfile.mkdtemp(prefix="interrupted-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_an_interrupted_run(folder: Path, number: signal.Signals) -> None:
    """Two processes of pytest-xdist and one that leads them, which gets the signal: no process and no file is left."""
    module = folder / "test_started.py"
    module.write_text(MODULE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TMPDIR": str(folder), **of_this_process().environment}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-pno:cacheprovider", f"-c{ROOT / 'pyproject.toml'}"]
    command += [f"--confcutdir={ROOT}", "-ptests.conftest", str(module)]
    log = folder / "log"
    with log.open("w") as file:
        run = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:

        def all_run() -> bool:
            assert run.poll() is None, log.read_text()
            return all(any(words in each for each in living(folder)) for words in STARTED.values())

        wait_until("all of them run", all_run, seconds=SECONDS)
        # As Ctrl-C at a terminal: everybody who stayed in its process group gets it.
        (os.killpg if number == signal.SIGINT else os.kill)(run.pid, number)
        run.wait(SECONDS)
        wait_until(f"no process is left: {living(folder)}", lambda: not living(folder), seconds=30)
        wait_until("no folder is left", lambda: not [*folder.glob("pg-*"), *folder.glob("local-cluster-*")])
    finally:
        run.kill()
        run.wait()
