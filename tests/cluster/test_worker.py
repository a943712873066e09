"""Promise 8: a worker in one line polls, says when it is ready, and lets its activities end when it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from temporalio.api.enums.v1 import PendingActivityState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from local_cluster.cluster import Cluster
from local_cluster.guard import of_this_process
from local_cluster.load import Load
from local_cluster.processes import free_port, wait_until

MODULE = "worker_activities"
SECONDS = 60
# A shell as the first process of a container is one in a process namespace of its own.
ALONE = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
WAITS = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
RUNS = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
START = [sys.executable, "-m", "temporal_endpoints_worker"]
LINE = f"{sys.executable} -m temporal_endpoints_worker {MODULE}:work"


@dataclass
class Running:
    """A worker that runs, on a queue of its own."""

    process: subprocess.Popen[bytes]
    queue: str
    log: Path
    ready_port: int
    metrics_port: int

    @property
    def ready(self) -> int:
        """What a probe is answered; 0 while nobody listens."""
        try:
            with urlopen(f"http://127.0.0.1:{self.ready_port}/ready", timeout=5) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0

    @property
    def said(self) -> str:
        """What it wrote."""
        return self.log.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        """Wait until it takes work."""
        wait_until(f"the worker of {self.queue} is ready", lambda: self.ready == 200, seconds=SECONDS)


@contextmanager
def worker(cluster: Cluster, folder: Path, queue: str, command: Sequence[str], **variables: str) -> Iterator[Running]:
    """A worker until the end of the block, of the activities beside this module."""
    running = Running(None, queue, folder / "log", free_port(), free_port())  # type: ignore[arg-type]
    environment = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        "HOME": str(folder),
        "HOSTNAME": f"pod-of-{queue}",
        "TEMPORAL_ADDRESS": cluster.temporal.address,
        "TEMPORAL_TASK_QUEUE": queue,
        "TEMPORAL_WORKER_READY_PORT": str(running.ready_port),
        "TEMPORAL_WORKER_METRICS_PORT": str(running.metrics_port),
        **variables,
        **of_this_process().environment,
    }
    with running.log.open("ab") as log:
        running.process = subprocess.Popen(
            list(command), env=environment, cwd=Path(__file__).parent, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield running
    finally:
        if running.process.poll() is None:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()


def wait_until_they_run(cluster: Cluster, handles: list[Any], count: int | None = None) -> None:
    """Wait until the server has given the activities of all workflows to a worker, or of so many while others wait."""

    async def states() -> list[int]:
        client = await Client.connect(cluster.temporal.address)
        described = [await client.get_workflow_handle(handle.id).describe() for handle in handles]
        return sorted(each.state for one in described for each in one.raw_description.pending_activities)

    started = len(handles) if count is None else count
    expected = [WAITS] * (len(handles) - started) + [RUNS] * started
    wait_until("the activities run", lambda: asyncio.run(states()) == expected, seconds=SECONDS, every=0.3)


def test_activity_ends_on_its_first_attempt_when_the_worker_is_told_to_stop(
    cluster: Cluster, load: Load, tmp_path: Path
) -> None:
    """Two that block run when SIGTERM comes: the worker is no longer ready, ends both, and exits with 0."""
    with worker(
        cluster,
        tmp_path,
        "drain",
        [*START, f"{MODULE}:work"],
        TEMPORAL_WORKER_SLOTS="2",
        TEMPORAL_WORKER_GRACE_SECONDS="60",
    ) as running:
        running.wait_until_ready()
        handles = load.start("drain", "drain", 2, 12, 15)
        wait_until_they_run(cluster, handles)
        running.process.terminate()
        wait_until("it is not ready any more", lambda: running.ready == 503, seconds=SECONDS)
        assert running.process.wait(SECONDS) == 0
        assert load.attempts(handles, SECONDS) == [1, 1]
        assert "told to stop: 2 activities run" in running.said
        assert "Traceback" not in running.said


def test_slots_bound_what_runs_at_once(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """One slot by default: one activity waits while the other one runs."""
    with worker(cluster, tmp_path, "one-slot", [*START, f"{MODULE}:work"]) as running:
        running.wait_until_ready()
        handles = load.start("one-slot", "one-slot", 2, 6, 6)
        wait_until_they_run(cluster, handles, 1)
        assert load.attempts(handles, SECONDS) == [1, 1]


def test_activity_beyond_the_grace_period_is_cancelled_and_told(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """It is given back before Kubernetes would kill it, so that another worker gets it at once; the status is 3."""
    with worker(cluster, tmp_path, "cut", [*START, f"{MODULE}:work"], TEMPORAL_WORKER_GRACE_SECONDS="5") as running:
        running.wait_until_ready()
        handles = load.start("cut", "cut", 1, 20, 20)
        wait_until_they_run(cluster, handles)
        running.process.terminate()
        assert running.process.wait(SECONDS) == 3
        assert "1 activities were cancelled because the grace period was over" in running.said
    with worker(cluster, tmp_path, "cut", [*START, f"{MODULE}:work"]):
        [attempt] = load.attempts(handles, SECONDS)
    assert attempt >= 2


def test_blocked_thread_misses_no_heartbeat(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """An activity that blocks for longer than its heartbeat timeout of 15 s ends on its first attempt if it is marked.

    Without the decorator Temporal gives up on the attempt.
    """
    with (
        worker(cluster, tmp_path, "marked", [*START, f"{MODULE}:work"]),
        worker(cluster, tmp_path, "silent", [*START, f"{MODULE}:silent_work"], TEMPORAL_WORKER_SLOTS="4"),
    ):
        marked, silent = load.start("marked", "marked", 1, 20, 20), load.start("silent", "silent", 1, 20, 20)
        assert load.attempts(marked, SECONDS) == [1]
        assert not load.are_done(silent)


def test_details_that_an_activity_reported_are_kept(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """Heartbeats that are sent for it repeat them, so that the next attempt can go on from there."""
    with worker(cluster, tmp_path, "details", [*START, f"{MODULE}:reporting_work"]):
        handles = load.start("details", "details", 1, 12, 12)
        assert load.results(handles, SECONDS) == ["['half', 50]"]


def pollers(cluster: Cluster, queue: str) -> list[Any]:
    """Who polls a queue for activities."""

    async def ask() -> list[Any]:
        client = await Client.connect(cluster.temporal.address)
        request = DescribeTaskQueueRequest(
            namespace="default",
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        )
        return list((await client.workflow_service.describe_task_queue(request)).pollers)

    return asyncio.run(ask())


def test_worker_bears_the_name_of_its_pod_and_its_version(cluster: Cluster, tmp_path: Path) -> None:
    """Ready means that the server lists it; its metrics are the library's."""
    version = {"TEMPORAL_DEPLOYMENT_NAME": "captions", "TEMPORAL_WORKER_BUILD_ID": "1.4"}
    with worker(cluster, tmp_path, "named", [*START, MODULE + ":work"], **version) as running:
        running.wait_until_ready()
        seen = pollers(cluster, "named")
        assert {poller.identity for poller in seen} == {"pod-of-named"}
        options = seen[0].deployment_options
        assert (options.deployment_name, options.build_id) == ("captions", "1.4")
        with urlopen(f"http://127.0.0.1:{running.metrics_port}/metrics", timeout=5) as answer:
            assert b"temporal_num_pollers" in answer.read()


def test_namespace_that_is_not_there_is_told(cluster: Cluster, tmp_path: Path) -> None:
    """One message and status 1, without a traceback."""
    with worker(cluster, tmp_path, "absent", [*START, MODULE + ":work"], TEMPORAL_NAMESPACE="absent") as running:
        assert running.process.wait(SECONDS) == 1
        assert "Namespace absent is not found. Check that the namespace absent is there" in running.said
        assert "Traceback" not in running.said


def test_file_that_cannot_be_written_ends_the_worker(cluster: Cluster, tmp_path: Path) -> None:
    """Otherwise the pod would never be ready, and nobody would know why."""
    file = {"TEMPORAL_WORKER_READY_FILE": "/proc/worker-is-ready"}
    with worker(cluster, tmp_path, "unwritable", [*START, MODULE + ":work"], **file) as running:
        assert running.process.wait(SECONDS) == 2
        assert "TEMPORAL_WORKER_READY_FILE: /proc/worker-is-ready cannot be written" in running.said
        assert "Traceback" not in running.said


def first_process(running: Running) -> int:
    """The process that is the first one in its namespace: the only child of the program that made that."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    wait_until("the first process is there", lambda: children.read_text().split(), seconds=SECONDS)
    return int(children.read_text().split()[0])


def test_exec_makes_a_shell_pass_the_signal_on(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """Under `sh -c "cd ... && exec ..."` the worker is the first process, so SIGTERM reaches it."""
    command = [*ALONE, "sh", "-c", f"cd . && exec {LINE}"]
    with worker(cluster, tmp_path, "exec", command, TEMPORAL_WORKER_GRACE_SECONDS="60") as running:
        running.wait_until_ready()
        handles = load.start("exec", "exec", 1, 6, 6)
        wait_until_they_run(cluster, handles)
        os.kill(first_process(running), signal.SIGTERM)
        assert running.process.wait(SECONDS) == 0
        assert load.attempts(handles, SECONDS) == [1]
        assert "first process is" not in running.said


def test_shell_keeps_the_signal_unless_a_handler_passes_it_on(cluster: Cluster, load: Load, tmp_path: Path) -> None:
    """Without `exec` the shell ignores SIGTERM, of which the worker warns; the handler that it names works."""
    command = [*ALONE, "sh", "-c", f"cd . && {LINE}; exit $?"]
    with worker(cluster, tmp_path, "shell", command, TEMPORAL_WORKER_GRACE_SECONDS="60") as running:
        running.wait_until_ready()
        handles = load.start("shell", "shell", 1, 8, 8)
        wait_until_they_run(cluster, handles)
        shell = first_process(running)
        os.kill(shell, signal.SIGTERM)
        time.sleep(2)
        assert running.ready == 200
        assert "the container's first process is sh" in running.said
        inside = ["nsenter", "--preserve-credentials", "--user", "--pid", f"--target={shell}"]
        subprocess.run([*inside, "sh", "-c", "kill -TERM -1"], check=True, timeout=SECONDS)
        assert running.process.wait(SECONDS) == 0
        assert load.attempts(handles, SECONDS) == [1]
