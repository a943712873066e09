"""Readiness is told by a file and by HTTP, and never before it is so."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

import pytest

from temporal_endpoints_worker.errors import SettingsError
from temporal_endpoints_worker.readiness import Readiness


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def status(port: int, path: str = "/ready") -> int:
    """What a probe is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_probe_is_answered_as_the_worker_is() -> None:
    """503 until it is ready, 200 while it is, 503 again when it ends; nothing else is served."""
    port = free_port()
    with Readiness(port, None) as readiness:
        assert status(port) == 503
        readiness.set()
        assert status(port) == 200
        assert status(port, "/") == 404
        readiness.unset()
        assert status(port) == 503
    with pytest.raises(ConnectionRefusedError):
        status(port)


def test_file_is_there_while_the_worker_is_ready(tmp_path: Path) -> None:
    """A file that a killed worker left is removed first, as a volume outlives a container's restart."""
    file = tmp_path / "ready"
    file.touch()
    with Readiness(None, file) as readiness:
        assert not file.exists()
        readiness.set()
        assert file.exists()
    assert not file.exists()


def test_port_in_use_is_told() -> None:
    """The message names the variable and the port."""
    with (
        socket.create_server(("", 0)) as server,
        pytest.raises(SettingsError, match=r"TEMPORAL_WORKER_READY_PORT: port \d+ cannot be used: .+ Set another"),
        Readiness(int(server.getsockname()[1]), None),
    ):
        pass


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The message names the variable, the file and why."""
    (tmp_path / "ready").mkdir()
    with (
        pytest.raises(SettingsError, match=r"TEMPORAL_WORKER_READY_FILE: .+ cannot be written"),
        Readiness(None, tmp_path / "ready"),
    ):
        pass
