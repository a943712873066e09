"""Child processes: a log each, ended by their own number only, in the reverse order of their start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from local_cluster.errors import ClusterError
from local_cluster.guard import Guard

Answer = TypeVar("Answer")

HOST = "127.0.0.1"
LAST_LINES = 15
_given_ports: set[int] = set()


def free_port() -> int:
    """A loopback port that nobody has now, and that this process has not given before."""
    while True:
        with socket.socket() as candidate:
            candidate.bind((HOST, 0))
            port: int = candidate.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


class Child:
    """One child process, in a session of its own."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path, environment: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )

    @property
    def number(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, or nothing while it runs."""
        return self._process.poll()

    def last_lines(self) -> str:
        """The end of its log, as a message shows it."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it wrote nothing)"

    def stop(self, grace: float = 10) -> None:
        """Ask it to end, kill it and its session when the grace is over, and wait until it is gone."""
        if self.status is None:
            self._process.terminate()
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill it and its session at once, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Processes:
    """The child processes of one cluster; all of them bear the guard's mark."""

    def __init__(self, logs: Path, guard: Guard) -> None:
        self._logs, self._guard = logs, guard
        self._children: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> Child:
        """Start one more; its log is named after it."""
        try:
            child = Child(name, command, self._logs / f"{name}.log", {**environment, **self._guard.environment})
        except OSError as error:
            raise ClusterError(f"{name} cannot be started: {error}. Run make cluster-tools again.") from error
        self._children.append(child)
        return child

    def require_all_alive(self) -> None:
        """Refuse to go on if one has ended.

        Raises:
            ClusterError: it names the one, with the end of its log.
        """
        for child in self._children:
            if child.status is not None:
                raise ClusterError(
                    f"{child.name} ended with status {child.status}, so the cluster is of no use any more. "
                    f"Its last lines:\n{child.last_lines()}\nStart it again."
                )

    def stop(self) -> None:
        """Stop all, the youngest first; nothing of them is needed any more, so that none gets long."""
        while self._children:
            self._children.pop().stop(grace=1)


def wait_until(
    what: str, look: Callable[[], Answer], *, seconds: float = 60, every: float = 0.1, child: Child | None = None
) -> Answer:
    """The first answer of `look` that is true; an exception counts as "not yet".

    Raises:
        ClusterError: the child ended meanwhile, or there was no answer in time.
    """
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        if child is not None and child.status is not None:
            raise ClusterError(_ended(child, what))
        try:
            answer = look()
        except (ClusterError, OSError) as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        time.sleep(every)
    message = f"{what}: not so after {seconds:.0f} s; the last answer was {last!r}."
    if child is not None:
        message += f" The last lines of {child.name}:\n{child.last_lines()}"
    raise ClusterError(message)


def _ended(child: Child, what: str) -> str:
    lines = child.last_lines()
    if "address already in use" in lines:
        advice = "Another program took the port in between: run the same command again."
    else:
        advice = "Mend what it says, or build it again: remove its folder in the cache and run make cluster-tools."
    return (
        f"{child.name} ended with status {child.status} before this was so: {what}. Its last lines:\n{lines}\n{advice}"
    )
