"""`python -m temporal_endpoints_worker` says what is wrong in one message, and its exit status says whose it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local_cluster.guard import of_this_process

MODULE = "some_activities"
SECONDS = 60
SET = {"TEMPORAL_TASK_QUEUE": "captions", "TEMPORAL_ADDRESS": "127.0.0.1:1"}


def command(environment: dict[str, str], *names: str, home: Path) -> subprocess.Popen[str]:
    """The program with these variables and what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "temporal_endpoints_worker", *names],
        env={**kept, "HOME": str(home), **environment, **of_this_process().environment},
        cwd=Path(__file__).parent,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(program: subprocess.Popen[str]) -> tuple[int, str]:
    """Its status and what it said."""
    _, said = program.communicate(timeout=SECONDS)
    return program.returncode, said


@pytest.mark.parametrize(
    ("environment", "names", "status", "told"),
    [
        ({}, [MODULE], 2, ["TEMPORAL_TASK_QUEUE is not set", "TEMPORAL_ADDRESS is not set"]),
        ({**SET, "TEMPORAL_WORKER_SLOTS": "x"}, [MODULE], 2, ["TEMPORAL_WORKER_SLOTS is 'x'"]),
        (SET, ["absent"], 2, ["there is no module absent"]),
        (SET, ["json"], 2, ["holds no activity"]),
        (SET, [], 2, ["module[:name]"]),
        ({**SET, "TEMPORAL_TLS_CLIENT_CERT_PATH": "/absent/tls.crt"}, [MODULE], 2, ["/absent/tls.crt cannot be read"]),
        ({**SET, "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "true"}, [MODULE], 2, ["always verifies"]),
        ({**SET, "TEMPORAL_CONFIG_FILE": "/absent.toml"}, [MODULE], 1, ["127.0.0.1:1 cannot be reached"]),
        ({**SET, "TEMPORAL_PROFILE": "absent"}, [MODULE], 2, ["cannot read the connection"]),
        ({**SET, "TEMPORAL_WORKER_SLOT": "4"}, [MODULE], 1, ["TEMPORAL_WORKER_SLOT is not heeded. Did you mean"]),
        (SET, [MODULE], 1, ["Temporal at 127.0.0.1:1 cannot be reached:", "Check TEMPORAL_ADDRESS"]),
    ],
)
def test_mistake_is_told(
    environment: dict[str, str], names: list[str], status: int, told: list[str], tmp_path: Path
) -> None:
    """No traceback; 2 where starting again changes nothing, 1 where the server may be back."""
    result, said = ended(command(environment, *names, home=tmp_path))
    assert result == status
    assert [text for text in told if text not in said] == []
    assert "Traceback" not in said


def test_file_that_cannot_be_read_is_not_repeated(tmp_path: Path) -> None:
    """It holds the key; the line is told."""
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.default]\napi_key = "secret\n', encoding="utf-8")
    result, said = ended(command({**SET, "TEMPORAL_CONFIG_FILE": str(file)}, MODULE, home=tmp_path))
    assert (result, "TOML parse error at line 2" in said, "secret" in said) == (2, True, False)


def test_port_of_the_metrics_is_told(tmp_path: Path) -> None:
    """Another program has it."""
    with socket.create_server(("", 0)) as server:
        port = str(server.getsockname()[1])
        result, said = ended(command({**SET, "TEMPORAL_WORKER_METRICS_PORT": port}, MODULE, home=tmp_path))
    assert result == 2
    assert f"TEMPORAL_WORKER_METRICS_PORT: port {port} cannot be used" in said
    assert "Traceback" not in said


def test_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    """The files are there, and hold something else."""
    file = tmp_path / "tls"
    file.write_text("not a certificate", encoding="utf-8")
    names = ("TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_SERVER_CA_CERT_PATH")
    result, said = ended(command({**SET, **dict.fromkeys(names, str(file))}, MODULE, home=tmp_path))
    assert (result, "cannot be reached" in said, "Traceback" in said) == (1, True, False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_a_worker_that_still_connects(number: signal.Signals, tmp_path: Path) -> None:
    """A server that takes the connection and says nothing does not keep the worker from stopping, with status 0."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        program = command({**SET, "TEMPORAL_ADDRESS": address}, MODULE, home=tmp_path)
        connection, _ = server.accept()
        with connection:
            program.send_signal(number)
            assert ended(program)[0] == 0
