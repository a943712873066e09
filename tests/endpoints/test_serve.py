"""`temporal-endpoints serve`: one program that needs a kubeconfig and nothing else, and survives being killed."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from temporal_endpoints.cli import main
from temporal_endpoints.commands.api_client import SETTINGS
from temporal_endpoints.records.model import ObjectKey
from temporal_endpoints.settings import resolve

from .api_server import ApiServer
from .program import SECONDS, Program
from .recorded import NAMESPACE
from .running import wait_until


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """`serve` sends the log of the whole process to its standard error, which is not there any more after a test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)


def deployment(api: ApiServer, endpoint_id: str) -> dict[str, Any] | None:
    """The endpoint's Deployment."""
    name = f"launch-endpoint-id-{endpoint_id.replace('_', '-')}"
    with api.changed:
        return api.cluster.get(ObjectKey("apps/v1", "Deployment", NAMESPACE, name))


def test_kubeconfig_is_enough(program: Program, api: tuple[ApiServer, str]) -> None:
    """An endpoint comes and goes; the log is JSON with its id, and metrics tell of it."""
    with program.running():
        endpoint_id = program.create()
        wait_until(lambda: deployment(api[0], endpoint_id) is not None, "the Deployment", SECONDS)
        wait_until(lambda: program.ask("GET", f"/v1/model-endpoints/{endpoint_id}")["conditions"] != [], "conditions")
        metrics = program.metrics()
        assert 'temporal_endpoints{status="UPDATE_IN_PROGRESS"} 1.0' in metrics
        assert "temporal_endpoints_leads 1.0" in metrics
        program.ask("DELETE", f"/v1/model-endpoints/{endpoint_id}")
        wait_until(lambda: deployment(api[0], endpoint_id) is None, "the Deployment's end", SECONDS)
    logged = [json.loads(line) for line in (program.folder / "log").read_text(encoding="utf-8").splitlines()]
    assert any(each.get("endpoint_id") == endpoint_id for each in logged)
    assert not [each for each in logged if "exception" in each]


def test_process_that_is_told_to_end_gives_up_its_lead(program: Program, api: tuple[ApiServer, str]) -> None:
    """By SIGTERM, as Kubernetes ends a pod: the next one need not wait until the lead's time is over."""
    with program.running():
        wait_until(lambda: "temporal_endpoints_leads 1.0" in program.metrics(), "the lead", SECONDS)
    (records,) = program.folder.rglob("records.db")
    with closing(sqlite3.connect(records)) as connection:
        assert connection.execute("SELECT expires_at FROM leader").fetchone() == (0.0,)


def test_killed_process_loses_nothing(program: Program, api: tuple[ApiServer, str]) -> None:
    """What was acknowledged is done by the next one, as soon as the lead of the dead one is over."""

    def refuse(method: str, _path: str) -> None:
        if method == "PATCH":
            raise ConnectionResetError

    api[0].before = refuse
    with program.running("--lease", "12") as process:
        wait_until(lambda: "temporal_endpoints_leads 1.0" in program.metrics(), "the lead", SECONDS)
        endpoint_id = program.create()
        time.sleep(0.5)
        process.kill()
    api[0].before = lambda _method, _path: None
    assert deployment(api[0], endpoint_id) is None
    with program.running():
        wait_until(lambda: deployment(api[0], endpoint_id) is not None, "the Deployment", SECONDS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--host", "0.0.0.0"], "can be reached by others"),  # noqa: S104 - it is refused
        (["serve", "--lease", "5"], "--lease is 5. Write a number from 11 to 3600"),
        (["serve", "--port", "99999"], "--port is 99999. Write a number from 1 to 65535"),
        (["serve", "--workers", "0"], "--workers is 0"),
        (["serve", "--observe", "-1"], "--observe is -1"),
        (["serve", "--hold-drains"], "--hold-drains needs to see what workers run"),
        (["serve", "--hold-drains", "--temporal-address", "a:1", "--observe", "0"], "let --observe not be 0"),
        (["serve", "--namespace", "a/b"], "--namespace is not usable as NAMESPACE"),
        (["serve", "--temporal-address", "a b:x"], "--temporal-address is not usable as TEMPORAL_ADDRESS"),
        (["serve", "--git-tag", "a b"], "--git-tag is not usable as GIT_TAG"),
        (["serve", "--database", "sqlite:///:memory:"], "in memory would be lost"),
        (["serve", "--database", "sqlite:///file:x?mode=memory&uri=true"], "in memory would be lost"),
        (["serve", "--kubeconfig", "a-text"], "no Kubernetes configuration"),
        (["serve", "--kubeconfig", "a-list"], "no Kubernetes configuration"),
        (["serve", "--kubeconfig", "no-yaml"], "no Kubernetes configuration"),
        (["serve", "--keys", "absent.yaml"], "absent.yaml cannot be read: No such file or directory. Correct --keys"),
        (["serve", "--keys", "hidden"], "--keys names no file that is there"),
        (["serve", "--scaler-token", "hidden"], "--scaler-token names no file that is there"),
        (["serve", "--scaler-token", "hidden" * 60], "--scaler-token names no file that is there"),
        (["serve", "--scaler-token", "ab/hidden+=="], "--scaler-token names no file that is there"),
        (["serve", "--keys", "hidden.hidden.hidden"], "--keys names no file that is there"),
        (["serve", "--keys", "a-pipe"], "a-pipe cannot be read: it is a named pipe, not a file"),
        (["serve", "--scaler-token", "a-pipe"], "a-pipe cannot be read: it is a named pipe, not a file"),
        (["serve", "--scaler-token", "not-utf-8"], "not-utf-8 holds no text in UTF-8"),
        (["serve", "--keys", ""], "--keys is empty. Give it a value, or leave it out"),
        (["serve", "--config", ""], "--config is empty"),
        (["serve", "--host", "\udcff", "--token-review"], "is no host name and no address. Correct --host"),
        (["serve", "--kubeconfig", "token-in-it"], "the file is not YAML in line 2"),
        (["migrate", "--database", "postgresql://me:a@hidden@h/x"], "two @. Write %40"),
        (["migrate", "--database", "postgresql://me:a:hidden/x"], "%3A for a colon in the password"),
        (["serve", "--database", "mysql://x/y"], "mysql is not supported"),
        (["serve", "--kubeconfig", "absent"], "no Kubernetes configuration"),
        (["serve", "--context", "other"], "Context 'other' not found"),
        (["migrate", "--database", "sqlite:////absent/records.db"], "does not answer as it should"),
    ],
)
def test_mistake_is_one_message(
    arguments: list[str],
    said: str,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It says what to do and repeats no secret, and the exit status is 2."""
    monkeypatch.chdir(program.folder)
    files = {"a-text": "hello", "a-list": "[1]", "no-yaml": "a: [", "token-in-it": "users:\n- token: !hidden\n"}
    for file, text in files.items():
        Path(file).write_text(text, encoding="utf-8")
    os.mkfifo("a-pipe")
    Path("not-utf-8").write_bytes(b"hidden\xff")
    for name, value in program.environment.items():
        monkeypatch.setenv(name, value)
    # It takes its port early, and the default one may be somebody else's.
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_PORT", str(program.port))
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert (said in told, "hidden" in told) == (True, False)


def test_settings_come_from_flags_then_the_environment_then_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each before the next; the file is named before the command or after it."""
    file = tmp_path / "config.yaml"
    file.write_text("database: mysql://of-the-file/x\n", encoding="utf-8")
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_CONFIG", str(file))
    assert main(["migrate"]) == 2
    assert "mysql" in capsys.readouterr().err
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_DATABASE", "oracle://of-the-environment/x")
    assert main(["migrate"]) == 2
    assert "oracle" in capsys.readouterr().err
    monkeypatch.delenv("TEMPORAL_ENDPOINTS_CONFIG")
    monkeypatch.delenv("TEMPORAL_ENDPOINTS_DATABASE")
    for arguments in (["migrate", "--config", str(file)], ["--config", str(file), "migrate"]):
        assert main(arguments) == 2
        assert "mysql" in capsys.readouterr().err
    assert main(["migrate", "--database", f"sqlite:///{tmp_path / 'records.db'}"]) == 0
    assert "revision" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sever: http://127.0.0.1:1\n", "no setting 'sever' to set. Did you mean 'server'?"),
        ("port: 1\nport: 2\n", "port"),
        ("api-key: [secret]\n", "api-key in"),
        ("port: many\n", "Write a whole number"),
        ("port: 0\n", "Write a number from 1 to 65535"),
        ("- server\n", "no map of settings"),
        ("a: 1\n---\nb: 2\n", "no map of settings"),
        ("server: [\n", "Correct the file"),
        ("api-key: 'secret\n", "Correct the file"),
        ("api-key: secret\napi-key: secret\n", "the key 'api-key' stands twice: first in line 1"),
        ("- secret\n", "no map of settings"),
        ("api-key: 0123\n", "is no text. Put it in quotes"),
        ("server: 1.10\n", "is no text. Put it in quotes"),
        ("server: on\n", "is no text. Put it in quotes"),
        ('server: "a\\0b"\n', "has a null character"),
        (f"port: '{'9' * 5000}'\n", "Write a whole number"),
    ],
)
def test_file_of_settings_is_read_as_a_whole(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant is told, also when the command does not ask for that setting; a key is not shown."""
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_CONFIG", str(file))
    command = ["serve"] if "port" in text else ["list"]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "secret" not in error


def test_setting_that_is_empty_in_the_file_is_as_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the text `None`."""
    file = tmp_path / "config.yaml"
    file.write_text("server:\n", encoding="utf-8")
    given = argparse.Namespace(config=str(file))
    monkeypatch.delenv("TEMPORAL_ENDPOINTS_SERVER", raising=False)
    assert resolve(given, SETTINGS, SETTINGS)["server"] == "http://127.0.0.1:8080"


def test_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It would set nothing, as a misspelt name in a file; what is somebody else's is left alone."""
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_TOKEN_REVEIW", "true")
    assert main(["list"]) == 2
    assert "Did you mean $TEMPORAL_ENDPOINTS_TOKEN_REVIEW?" in capsys.readouterr().err
    monkeypatch.delenv("TEMPORAL_ENDPOINTS_TOKEN_REVEIW")
    # Kubernetes sets these in pods beside a Service of that name.
    for name in ("SERVICE_HOST", "PORT_8080_TCP_ADDR", "SERVER_PORT", "CONTROL_PLANE_SERVICE_PORT", "CACHE"):
        monkeypatch.setenv(f"TEMPORAL_ENDPOINTS_{name}", "a")
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_SERVER", "http://127.0.0.1:1")
    assert main(["list"]) == 2
    assert "no answer" in capsys.readouterr().err


def test_home_of_somebody_else_has_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container whose user may not look into its home: it was a traceback."""

    def refused(_path: Path, **_about: object) -> None:
        raise PermissionError

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_SERVER", "http://127.0.0.1:1")
    monkeypatch.delenv("TEMPORAL_ENDPOINTS_CONFIG", raising=False)
    monkeypatch.setattr(Path, "exists", refused)
    assert main(["list"]) == 2
    assert "no answer" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--namespace", "nope"), ("--templates", "nope"), ("--templates", "somebody-elses")])
def test_templates_that_are_nowhere_are_told_by_the_log_and_by_readyz(
    program: Program, api: tuple[ApiServer, str], wrong: tuple[str, str]
) -> None:
    """With the name that was given and with what to do; the process goes on, as the chart may come later."""
    metadata = {"name": "somebody-elses", "namespace": NAMESPACE}
    api[0].cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"a": "b"}}, "kubectl")

    def answer() -> str:
        try:
            found = httpx2.get(f"http://127.0.0.1:{program.port}/readyz", timeout=5)
        except httpx2.HTTPError:
            return ""
        return str(found.json()["detail"]) if found.status_code == 503 else ""

    with program.running(*wrong, begun=lambda: bool(answer())):
        told = answer()
        assert wrong[1] in told
        assert "Install the chart" in told
        assert wrong[0] in told
    lines = [json.loads(line) for line in (program.folder / "log").read_text(encoding="utf-8").splitlines()]
    errors = [each for each in lines if each["level"] == "error"]
    assert any(wrong[1] in json.dumps(each) for each in errors), lines
