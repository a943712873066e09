"""However the starter of a cluster ends, its processes end too, and its folder is removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_cluster.errors import ClusterError
from local_cluster.guard import Guard, marked
from local_cluster.processes import Processes, free_port, wait_until
from local_cluster.tools import Tools

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a cluster needs /proc, which Linux has")

SECONDS = 20
# A starter with one child, which ignores SIGTERM and has a child of its own in another session.
STARTER = """
    import sys, time
    from pathlib import Path
    from local_cluster.guard import Guard
    from local_cluster.processes import Processes

    folder = Path(sys.argv[1])
    guard = Guard(folder)
    child = "trap '' TERM; setsid sleep 300 & while true; do sleep 1; done"
    Processes(folder / "logs", guard).start("child", ["bash", "-c", child], {"PATH": "/usr/bin:/bin"})
    print(guard.mark, flush=True)
    time.sleep(300)
"""


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it becomes true in good time."""
    end = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nothing_is_left_when_the_starter_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    """A signal that the starter cannot or does not handle ends its children, their children, and removes the folder."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(STARTER), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with starter:
        assert starter.stdout
        mark = starter.stdout.readline().strip()
        assert eventually(lambda: len(marked(mark)) >= 3)
        starter.send_signal(number)
    assert eventually(lambda: not marked(mark))
    assert eventually(lambda: not folder.exists())


def test_nothing_is_left_after_an_orderly_end(tmp_path: Path) -> None:
    """`end` waits until the processes are gone and the folder is removed."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    guard = Guard(folder)
    processes = Processes(folder / "logs", guard)
    processes.start("child", ["sleep", "300"], {"PATH": os.environ["PATH"]})
    assert eventually(lambda: len(marked(guard.mark)) == 1)
    guard.end()
    assert marked(guard.mark) == []
    assert not folder.exists()
    processes.stop()  # which finds nothing to do


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Children whose logs are kept."""
    guard = Guard(tmp_path / "none")
    found = Processes(tmp_path / "logs", guard)
    yield found
    found.stop()
    guard.end()


def started(processes: Processes, script: str) -> None:
    """Start a child and wait for what never comes."""
    child = processes.start("etcd", ["sh", "-c", script], {"PATH": os.environ["PATH"]})
    wait_until("etcd answers", lambda: False, seconds=SECONDS, child=child)


def test_a_component_that_dies_at_start_is_told_with_its_last_lines(processes: Processes) -> None:
    """One message has the name, the status, the log's last lines and what to do."""
    with pytest.raises(ClusterError, match="etcd ended with status 3") as told:
        started(processes, "seq 1 40; echo 'no such flag' >&2; exit 3")
    lines = str(told.value).splitlines()
    assert "  no such flag" in lines
    assert "  1" not in lines
    assert "make cluster-tools" in lines[-1]


def test_a_port_that_is_taken_is_told_as_such(processes: Processes) -> None:
    """If the log speaks of a port in use, the advice is to try again, not to build again."""
    with pytest.raises(ClusterError, match="took the port in between"):
        started(processes, "echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1")


def test_a_component_that_never_answers_is_told_with_its_last_lines(processes: Processes) -> None:
    """After the time is up the message shows what the component wrote last."""
    child = processes.start("etcd", ["sh", "-c", "echo waiting for a leader; sleep 300"], {"PATH": os.environ["PATH"]})
    assert eventually(lambda: "leader" in child.last_lines())
    with pytest.raises(ClusterError, match=r"etcd answers: not so after 0 s(.|\n)*waiting for a leader"):
        wait_until("etcd answers", lambda: False, seconds=0.2, child=child)


def test_a_part_that_ends_later_is_told(processes: Processes) -> None:
    """A cluster of which one part has ended says which."""
    child = processes.start("etcd", ["true"], {"PATH": os.environ["PATH"]})
    assert eventually(lambda: child.status is not None)
    with pytest.raises(ClusterError, match="etcd ended with status 0, so the cluster is of no use"):
        processes.require_all_alive()


def test_tools_that_are_missing_are_all_named_at_once(tmp_path: Path) -> None:
    """The message names each missing tool and the commands that bring them."""
    for name in ("helm3", "helm4", "kubernetes", "etcd", "kubectl"):
        (tmp_path / name).touch(mode=0o755)
    with pytest.raises(ClusterError) as told:
        Tools(tmp_path, tmp_path).require()
    assert "There is no kube-apiserver, kube-controller-manager, keda-operator" in str(told.value)
    assert "temporal. Run make cluster-tools (" in str(told.value)
    assert "helm" not in str(told.value)


def test_a_port_is_given_once() -> None:
    """No port is given twice, so that two components never get the same one."""
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
