"""The program `temporal-endpoints serve` as a process, in a folder that is a person's home."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from local_cluster.guard import of_this_process

from .recorded import FLAVOR
from .running import wait_until

KEY = {"Authorization": "Basic " + base64.b64encode(b"speech:").decode()}
SECONDS = 40.0


@dataclass
class Program:
    """The program's folder and environment."""

    folder: Path
    port: int
    # Where modules are looked for first.
    beside: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        """A person's home, with a kubeconfig in it and nothing else."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        if self.beside is not None:
            kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(self.beside), kept.get("PYTHONPATH"))))
        own = {"HOME": str(self.folder), "KUBECONFIG": str(self.folder / "kubeconfig")}
        return {**kept, **own, **of_this_process().environment}

    @contextmanager
    def running(self, *arguments: str, begun: Callable[[], bool] | None = None) -> Iterator[subprocess.Popen[str]]:
        """The program until the end of the block, which begins when that holds: by default that it is ready."""
        command = [sys.executable, "-m", "temporal_endpoints", "serve", "--port", str(self.port), *arguments]
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(command, env=self.environment, stderr=log, cwd=self.folder, text=True)
            try:
                wait_until(begun or self.is_ready, "an answer of /readyz", SECONDS)
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(SECONDS)

    def is_ready(self) -> bool:
        """Whether it serves."""
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def metrics(self) -> str:
        """What Prometheus reads."""
        return httpx2.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The API's answer."""
        answer = httpx2.request(method, f"http://127.0.0.1:{self.port}{path}", json=body, headers=KEY, timeout=10)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def create(self) -> str:
        """The id of a new endpoint."""
        flavor = {"name": "worker", "schema_location": "", "flavor": FLAVOR}
        body = {
            "name": "transcribe",
            "model_bundle_id": self.ask("POST", "/v2/model-bundles", flavor)["model_bundle_id"],
            "endpoint_type": "temporal",
            "temporal_task_queue": "transcribe",
            "labels": {"team": "speech", "product": "captions"},
            "metadata": {},
            "cpus": 1,
            "memory": "1Gi",
            "gpus": 0,
            "min_workers": 1,
            "max_workers": 2,
            "per_worker": 1,
        }
        return str(self.ask("POST", "/v1/model-endpoints", body)["endpoint_id"])
