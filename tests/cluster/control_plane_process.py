"""The control plane as a process that a test may kill and start again, over one database and through one kubeconfig."""

from __future__ import annotations

import base64
import http.client
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from local_cluster.guard import of_this_process
from local_cluster.processes import LAST_LINES, free_port, wait_until
from temporal_endpoints.errors import RecordsError
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.tables import LeaderRow

ENDPOINTS = "/v1/model-endpoints"
SECONDS = 120
_PROGRAM = ("-m", "temporal_endpoints")


class AnswerError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def with_key(key: str) -> dict[str, str]:
    """The header of whoever has this key."""
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def ask(port: int, method: str, path: str, body: object, headers: Mapping[str, str]) -> dict[str, Any]:
    """The answer of the API at this port.

    Raises:
        AnswerError: it is no success; that is no OSError, so `wait_until` does not take it for "not yet".
        OSError: there is none, or not all of it.
    """
    content = None if body is None else json.dumps(body).encode()
    address = f"http://127.0.0.1:{port}{path}"
    request = urllib.request.Request(address, content, {"Content-Type": "application/json", **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            found: dict[str, Any] = json.loads(answer.read())
            return found
    except urllib.error.HTTPError as error:
        with error:
            raise AnswerError(error.code, error.read().decode()) from error
    except http.client.HTTPException as error:
        # Who was killed while it answered is as one that gave no answer.
        raise ConnectionError(f"no whole answer: {error}") from error


@dataclass
class ControlPlaneProcess:
    """One replica of `temporal-endpoints serve`; its log and its records are in the folder, unless a URL is given."""

    folder: Path
    kubeconfig: Path
    namespace: str
    database: str = ""
    arguments: Sequence[str] = ()
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        """Choose the database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = self.database or f"sqlite:///{self.folder / 'records.db'}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def number(self) -> int:
        """Its process number, of the one that runs now."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, program: Sequence[str] = _PROGRAM, environment: Mapping[str, str] | None = None) -> None:
        """Start it, and wait until it serves; one that dies before is noticed by who asks it."""
        own = {"PATH": "", "HOME": str(self.folder), "PYTHONPATH": ":".join(sys.path), **(environment or {})}
        own |= of_this_process().environment
        command = [sys.executable, *program, "serve", "--port", str(self.port), "--namespace", self.namespace]
        command += ["--kubeconfig", str(self.kubeconfig), "--database", self.database, *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=own, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        wait_until("it serves", lambda: not self.is_alive or self._is_ready(), seconds=SECONDS)

    @property
    def log(self) -> Path:
        """What it has logged."""
        return self.folder / f"serve-{self.port}.log"

    def last_lines(self) -> str:
        """The end of what it has logged."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    @contextmanager
    def running(self, *, program: Sequence[str] = _PROGRAM) -> Iterator[Self]:
        """It until the end of the block."""
        try:
            self.start(program=program)
            yield self
        finally:
            self.stop()

    def kill(self) -> None:
        """Kill -9, at once."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)

    def stop(self) -> None:
        """End it as Kubernetes does."""
        if self.is_alive:
            assert self._process is not None
            self._process.terminate()
            self._process.wait(SECONDS)

    def end_the_lead(self) -> None:
        """Let the time of the one who died be over, so that no test waits for it."""
        assert not self.is_alive
        database = Database(self.database)
        with suppress(RecordsError), database.write() as session:
            session.get_one(LeaderRow, 1).expires_at = 0.0
        database.close()

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The API's answer; headers replace those of the team speech. It raises what the function of that name does."""
        return ask(self.port, method, path, body, {**with_key("speech"), **(headers or {})})

    def metrics(self) -> str:
        """What Prometheus reads."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    @property
    def leads(self) -> bool:
        """Whether it says that it leads."""
        return "temporal_endpoints_leads 1.0" in self.metrics()

    def passes(self) -> int:
        """How many looks at endpoints it has ended, with nothing left to do."""
        name = 'temporal_endpoints_passes_total{again="false"} '
        counts = [line.removeprefix(name) for line in self.metrics().splitlines() if line.startswith(name)]
        return int(float(counts[0])) if counts else 0

    def _is_ready(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)


def bundle(**changes: Any) -> dict[str, Any]:
    """A request for a bundle whose workers do nothing and end when they are told to."""
    flavor = {
        "flavor": "runnable_image",
        "repository": "registry.example.com/worker",
        "tag": "1",
        "protocol": "http",
        "command": ["sleep", "3600"],
        "env": {},
        **changes,
    }
    return {"name": "worker", "schema_location": "", "flavor": flavor}


def wish(bundle_id: str, **changes: Any) -> dict[str, Any]:
    """A request for an endpoint."""
    body = {
        "name": "transcribe",
        "endpoint_type": "temporal",
        "metadata": {},
        "gpus": 0,
        "per_worker": 1,
        "cpus": "100m",
        "memory": "128Mi",
        "min_workers": 1,
        "max_workers": 1,
        "model_bundle_id": bundle_id,
        "labels": {"team": "speech", "product": "captions"},
        "temporal_task_queue": "transcribe",
    }
    return {**body, **changes}
