"""A running control plane, and who asks it, when the disk is full, a file is read-only, a connection or a pipe ends."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from temporal_endpoints.errors import SettingsError
from temporal_endpoints.listening import listening_at

from .api_server import ApiServer
from .program import KEY, SECONDS, Program
from .recorded import FLAVOR
from .running import wait_until

BUNDLES, ENDPOINTS = "/v2/model-bundles", "/v1/model-endpoints"
PROGRAM = (sys.executable, "-m", "temporal_endpoints")
# A page of the log takes more than what is left of the disk.
LARGE = {"name": "worker", "schema_location": "", "flavor": FLAVOR, "metadata": {"much": "x" * 300_000}}
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def database_of(program: Program) -> Path:
    """Where its records are by default."""
    return program.folder / ".local" / "state" / "temporal-endpoints" / "records.db"


def answer(program: Program, method: str, path: str, body: object = None) -> tuple[int, str]:
    """Status and text."""
    found = httpx2.request(method, f"http://127.0.0.1:{program.port}{path}", json=body, headers=KEY, timeout=60)
    return found.status_code, found.text


def require_no_traceback(program: Program) -> None:
    """The log has no error that nobody has thought of."""
    lines = (program.folder / "log").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "exception" in json.loads(line)]


def test_full_disk_is_told_and_passes(program: Program) -> None:
    """503 with the reason while it is full, reading goes on, and afterwards all is as it was acknowledged."""
    with program.running() as process:
        endpoint_id = program.create()
        wait_until(lambda: "leads 1.0" in program.metrics(), "the lead", SECONDS)
        size = database_of(program).with_name("records.db-wal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        status, text = answer(program, "POST", BUNDLES, LARGE)
        assert (status, "the database does not answer as it should: " in text, "try again" in text) == (503, True, True)
        assert answer(program, "GET", f"{ENDPOINTS}/{endpoint_id}")[0] == 200
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        assert answer(program, "POST", BUNDLES, LARGE)[0] == 200
        assert answer(program, "PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 3})[0] == 200
    require_no_traceback(program)


def test_read_only_file_is_told_at_the_start(program: Program) -> None:
    """By one message, with what to do; SQLite itself is asked, as root may write whatever the file says."""
    file = program.folder / "records.db"
    sqlite3.connect(file).close()
    url = f"sqlite:///file:{file}?mode=ro&uri=true"
    ended = subprocess.run(
        [*PROGRAM, "serve", "--port", str(program.port), "--database", url],
        env=program.environment, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "the database does not answer as it should: attempt to write a readonly database" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_second_one_at_the_same_port_is_told_before_it_does_anything(program: Program) -> None:
    """By one message, with what to do: it neither leads nor has touched the records."""
    with program.running():
        ended = subprocess.run(
            [*PROGRAM, "serve", "--port", str(program.port), "--database", f"sqlite:///{program.folder / 'second.db'}"],
            env=program.environment, capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (2, "")
        assert f"nothing can listen on 127.0.0.1:{program.port}: Address already in use. End what" in ended.stderr
        assert not (program.folder / "second.db").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_port_is_of_one_process_from_the_first_moment(host: str) -> None:
    """Of two that start at once the second one is told, though neither of them serves yet."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    with listening_at(host, port), pytest.raises(SettingsError, match=re.escape(f"listen on {shown}:{port}: Address")):
        listening_at(host, port)


def test_two_processes_over_one_file_lose_nothing(program: Program, api: tuple[ApiServer, str], tmp_path: Path) -> None:
    """Both answer, one leads, and what either of them acknowledges the other one has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    second = Program(tmp_path, port)
    with program.running(), second.running():
        wait_until(lambda: "leads 1.0" in program.metrics() + second.metrics(), "a lead", SECONDS)
        assert (program.metrics() + second.metrics()).count("temporal_endpoints_leads 1.0") == 1
        endpoint_id = second.create()
        for number, each in enumerate((program, second) * 5):
            assert answer(each, "PUT", f"{ENDPOINTS}/{endpoint_id}", {"max_workers": 10 + number})[0] == 200
        assert json.loads(answer(program, "GET", f"{ENDPOINTS}/{endpoint_id}")[1])["generation"] == 11
        wait_until(
            lambda: json.loads(answer(program, "GET", f"{ENDPOINTS}/{endpoint_id}")[1])["observed_generation"] == 11,
            "the newest generation is seen to",
            SECONDS,
        )
    require_no_traceback(program)


def test_client_that_goes_away_in_the_middle_is_no_error(program: Program) -> None:
    """Before the body is whole nothing is recorded; before the answer it may be, and the next request is answered."""
    body = json.dumps({"name": "worker", "schema_location": "", "flavor": FLAVOR}).encode()
    head = f"POST {BUNDLES} HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY['Authorization']}\r\n".encode()
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with program.running():
        for sent in (head[:20], head, head + body[:10], head + body):
            with socket.create_connection(("127.0.0.1", program.port)) as connection:
                connection.sendall(sent)
                # The connection is reset, not ended in order.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        assert answer(program, "GET", f"{BUNDLES}?model_name=worker")[0] == 200
        program.create()
    require_no_traceback(program)


def test_program_ends_beside_a_client_that_says_no_more(program: Program, api: tuple[ApiServer, str]) -> None:
    """Whose request it would wait for for ever: it was killed in the end, and so never gave up its lead."""
    head = f"POST {BUNDLES} HTTP/1.1\r\nHost: a\r\nAuthorization: {KEY['Authorization']}\r\nContent-Length: 9\r\n\r\n{{"
    with (
        program.running() as process,
        socket.create_connection(("127.0.0.1", program.port)) as connection,
    ):
        wait_until(lambda: "temporal_endpoints_leads 1.0" in program.metrics(), "the lead", SECONDS)
        connection.sendall(head.encode())
        # Its answer comes after the request before it has begun.
        assert program.is_ready()
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
        assert has_given_up_its_lead(program)
    require_no_traceback(program)


@pytest.mark.parametrize(("signals", "status"), [((signal.SIGHUP,), 143), ((signal.SIGINT, signal.SIGINT), 130)])
def test_other_signals_end_it_as_sigterm_does(
    signals: tuple[signal.Signals, ...], status: int, program: Program, api: tuple[ApiServer, str]
) -> None:
    """A terminal that is closed, and Ctrl-C twice: the lead is given up, and the log has no traceback."""
    with program.running() as process:
        wait_until(lambda: "temporal_endpoints_leads 1.0" in program.metrics(), "the lead", SECONDS)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.05)
        assert process.wait(SECONDS) == status
    assert has_given_up_its_lead(program)
    assert "Traceback" not in (program.folder / "log").read_text(encoding="utf-8")


def has_given_up_its_lead(program: Program) -> bool:
    """Whether the next process may act at once."""
    with closing(sqlite3.connect(database_of(program))) as connection:
        return bool(connection.execute("SELECT expires_at FROM leader").fetchone() == (0.0,))


def command(program: Program, *arguments: str) -> subprocess.Popen[str]:
    """A command line of the control plane, whose output is read or not."""
    environment = {**program.environment, "TEMPORAL_ENDPOINTS_API_KEY": "speech"}
    environment["TEMPORAL_ENDPOINTS_SERVER"] = f"http://127.0.0.1:{program.port}"
    return subprocess.Popen(
        [*PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("arguments", [("list", "--output", "json"), ("completion", "bash"), ("--help",)])
def test_reader_that_has_had_enough_ends_a_command_in_silence(program: Program, arguments: tuple[str, ...]) -> None:
    """As `| head -1` does; the status is that of SIGPIPE."""
    with program.running():
        program.create()
        with command(program, *arguments) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert process.stderr.read() == ""
            assert process.wait(SECONDS) == 141


@pytest.mark.parametrize("arguments", [("create-endpoint",), ("nonsense",)])
def test_reader_of_a_mistake_that_has_had_enough_ends_it_in_silence_too(
    program: Program, arguments: tuple[str, ...]
) -> None:
    """The standard error can be closed as well."""
    with command(program, *arguments) as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait(SECONDS) == 141


def test_terminal_without_the_characters_of_a_name_shows_them_written_out(program: Program) -> None:
    """Its encoding is the user's, and no reason to fail."""
    with program.running():
        endpoint_id = program.create()
        program.ask("PUT", f"{ENDPOINTS}/{endpoint_id}", {"temporal_task_queue": "\u8f6c"})
        environment = {**program.environment, "TEMPORAL_ENDPOINTS_API_KEY": "speech", "PYTHONIOENCODING": "latin-1"}
        environment["TEMPORAL_ENDPOINTS_SERVER"] = f"http://127.0.0.1:{program.port}"
        ended = subprocess.run([*PROGRAM, "list"], env=environment, capture_output=True, check=False, timeout=SECONDS)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"\\u8f6c" in ended.stdout


INTERRUPTED_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
import temporal_endpoints.__main__
sys.exit(temporal_endpoints.__main__.main())
"""


@pytest.mark.parametrize("module", ["temporal_endpoints.cli", "pydantic", "pydantic.plugin._loader", "sqlalchemy"])
def test_ctrl_c_while_the_program_starts_shows_no_traceback(module: str) -> None:
    """It ends as Ctrl-C does, also where what is being loaded would report an exception as a fault of its own."""
    program = [sys.executable, "-c", INTERRUPTED_IMPORT, module]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_ends_the_waiting_and_says_that_the_rest_goes_on(program: Program) -> None:
    """Status 130, no traceback, and how to look further."""
    with program.running():
        endpoint_id = program.create()
        with command(program, "update", "transcribe", "--max-workers", "4", "--wait") as process:
            assert process.stderr is not None
            assert "transcribe: UPDATE_" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            told = process.stderr.read()
            assert (process.wait(SECONDS), "Traceback" in told) == (130, False)
        assert f"goes on: temporal-endpoints get {endpoint_id}" in told
        assert json.loads(answer(program, "GET", f"{ENDPOINTS}/{endpoint_id}")[1])["generation"] == 2
