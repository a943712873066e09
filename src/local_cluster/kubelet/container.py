"""One container: a local process with the environment and the volumes that the pod gives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from local_cluster.api import Object
from local_cluster.kubelet import mounting
from local_cluster.kubelet.mount_rights import can_mount
from local_cluster.kubelet.sources import Mount, WaitingError, expand

_LOOPBACK = "127.0.0.1"
_CANNOT_RUN = 126
_TIMED_OUT = 124
# A kubelet gives a container so long after its hook, even if the grace period is over.
_LEAST_GRACE = 2.0


class Container:
    """A process that may be started again; `restarts` counts that."""

    def __init__(self, description: Object, folder: Path, base: Mapping[str, str]) -> None:
        self.description, self._folder, self._base = description, folder, base
        self.name: str = description["name"]
        self.restarts = 0
        self.ready = False
        self.started = False
        self.killed = False
        self._environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._looked = 0.0
        self._failures = 0

    @property
    def status(self) -> int | None:
        """Its exit status; nothing while it runs, or before."""
        return self._process.poll() if self._process else None

    @property
    def number(self) -> int:
        """Its process number."""
        return self._process.pid if self._process else 0

    @property
    def log(self) -> Path:
        """What the container wrote."""
        return self._folder / f"{self.name}.log"

    def start(self, environment: dict[str, str], mounts: list[Mount]) -> None:
        """Run the command.

        Raises:
            WaitingError: it has no command.
            OSError: there is no such command here.
        """
        self._environment = {**self._base, **environment}
        command = self._command(environment)
        if not command:
            raise WaitingError("it has no command, and a stand-in has no image to take one from")
        if mounts and can_mount():
            pairs = json.dumps([(str(mount.source), mount.target) for mount in mounts])
            own = [sys.executable, "-I", mounting.__file__, str(self._folder / f"{self.name}-mounts"), pairs]
            command = [*own, *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
            )
        self.started = not self.description.get("startupProbe")
        self.ready = self.started and not self.description.get("readinessProbe")

    def look(self) -> bool:
        """Ask the probe whose turn it is; whether readiness changed, or the container was killed by a probe."""
        if time.monotonic() - self._looked < 1:
            return False
        self._looked = time.monotonic()
        before = self.ready
        if not self.started:
            self.started = self._succeeds(self.description["startupProbe"])
        if self.started:
            readiness = self.description.get("readinessProbe")
            self.ready = self._succeeds(readiness) if readiness else True
            liveness = self.description.get("livenessProbe")
            if liveness:
                self._failures = 0 if self._succeeds(liveness) else self._failures + 1
                if self._failures >= liveness.get("failureThreshold", 3):
                    self._failures = 0
                    self.kill()
        return self.ready != before

    def stop(self, deadline: float) -> None:
        """Run the hook, send SIGTERM, and kill the process when the grace period is over."""
        hook = (self.description.get("lifecycle") or {}).get("preStop") or {}
        if self.status is None and hook:
            left = max(deadline - time.monotonic(), 0.1)
            if "exec" in hook:
                self._execute(hook["exec"]["command"], left)
            elif "sleep" in hook:
                time.sleep(min(hook["sleep"]["seconds"], left))
        if self._process is None or self.status is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(max(deadline - time.monotonic(), _LEAST_GRACE))
        except subprocess.TimeoutExpired:
            self.killed = True
            self.kill()

    def kill(self) -> None:
        """Kill the process and what it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _command(self, environment: Mapping[str, str]) -> list[str]:
        words = [*(self.description.get("command") or []), *(self.description.get("args") or [])]
        return [expand(word, dict(environment)) for word in words]

    def _succeeds(self, probe: Object) -> bool:
        seconds = probe.get("timeoutSeconds", 1)
        if "exec" in probe:
            return self._execute(probe["exec"]["command"], seconds) == 0
        if "httpGet" in probe:
            port = self._port(probe["httpGet"]["port"])
            url = f"http://{_LOOPBACK}:{port}/{probe['httpGet'].get('path', '').lstrip('/')}"
            try:
                answer: Any = urllib.request.urlopen(url, timeout=seconds)
            except OSError:
                return False
            with answer:
                return True
        if "tcpSocket" in probe:
            try:
                with socket.create_connection((_LOOPBACK, self._port(probe["tcpSocket"]["port"])), seconds):
                    return True
            except OSError:
                return False
        return True

    def _port(self, port: int | str) -> int:
        named = {each.get("name"): each["containerPort"] for each in self.description.get("ports") or []}
        return int(named.get(port, port))

    def _execute(self, command: list[str], seconds: float) -> int:
        inside = ["nsenter", f"--target={self.number}", "--mount", "--root", "--"] if can_mount() else []
        try:
            done = subprocess.run(
                [*inside, *command],
                env=self._environment,
                cwd=self._folder,
                timeout=seconds,
                capture_output=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return _TIMED_OUT
        except OSError:
            return _CANNOT_RUN
        return done.returncode
