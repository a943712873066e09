"""Files of endpoints: what is no endpoint is refused with its place, and nothing is asked for."""

from __future__ import annotations

import io
import os
import pty
import socket
from pathlib import Path

import pytest

from temporal_endpoints.cli import main

GOOD = 'name: a\nimage: "r:1"\nlabels: {team: t, product: p}\nmin_workers: 0\nmax_workers: 1\ntemporal_task_queue: q\n'
MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "no endpoint is there"),
    "only comments": ("# none yet\n---\n", "no endpoint is there"),
    "no UTF-8": (b"name: \xff\n", "it is not UTF-8"),
    "a list": ("- name: a\n", "document 1 is a list, not a map"),
    "a key twice": (GOOD + "name: b\n", "the key 'name' stands twice: first in line 1"),
    "a name twice": (f"{GOOD}---\n{GOOD}", "the endpoint 'a' is there twice, first in"),
    "a number as name": (f"{GOOD}---\nname: 12\n", "document 2 has no 'name' that is a text"),
    "an unknown field": (GOOD + "per_workers: 2\n", "a has no field 'per_workers'. Did you mean 'per_worker'?"),
    "an image and a bundle": (GOOD + "model_bundle_id: bun_1\n", "has both 'image' and 'model_bundle_id'"),
    "variables without an image": ("name: a\nmodel_bundle_id: bun_1\nenv: {A: b}\n", "belong to an image"),
    "a bundle of its own": (GOOD + "model_bundle: {}\n", "no field 'model_bundle'. Did you mean 'model_bundle_id'"),
    "an image without a tag": (GOOD.replace("r:1", "worker"), "a: the image 'worker' has no tag"),
    "a word that YAML reads as true": (GOOD + "billing_tags: {on: a}\n", "the key True in 'billing_tags' is no text"),
    "a number as a key of metadata": (GOOD + "metadata: {a: [{1: b}]}\n", "the key 1 in 'metadata' is no text"),
    "an image that is a number": (GOOD.replace('"r:1"', "5"), "'image' is no text"),
    "variables as a list": (GOOD + "env: [A]\n", "'env' is no map"),
    "a number as variable": (GOOD + "env: {A: 010}\n", "the variable 'A' of 'env' is no text"),
    "nothing as variable": (GOOD + "env: {A: }\n", "the variable 'A' of 'env' is no text"),
    "a command as text": (GOOD + "command: python -m w\n", "'command' is no list of texts"),
    "a number in a command": (GOOD + "command: [sleep, 60]\n", "'command' is no list of texts"),
    "metadata as a list": (GOOD + "metadata: [a]\n", "Write a map"),
    "a list of secrets": ("- env: {TOKEN: hidden}\n", "document 1 is a list, not a map"),
    "a secret that is left open": (
        GOOD + 'env: {TOKEN: "hidden}\n',
        "line 8, column 1: found unexpected end of stream",
    ),
    "a secret that is a tag": (GOOD + "env: {TOKEN: !hidden }\n", "could not determine a constructor for the tag"),
    "a secret twice": (GOOD + "env: {TOKEN: hidden, TOKEN: hidden}\n", "the key 'TOKEN' stands twice"),
    "metadata of a secret": (GOOD + "metadata: hidden\n", "'metadata' is no map"),
    "a map in itself": (GOOD + "metadata: &a {b: *a}\n", "an anchor contains itself"),
    "levels without end": (GOOD + "metadata: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    "a number without end": (GOOD.replace("max_workers: 1", "max_workers: " + "9" * 5000), "cannot be read"),
    "half a character": (GOOD + 'storage: "\\ud800"\n', "invalid Unicode character escape code"),
    "a tag of Python": (GOOD + "metadata: !!python/object:os.system x\n", "could not determine a constructor"),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A control plane that never answers: who asks it is seen."""
    listening = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("TEMPORAL_ENDPOINTS_SERVER", f"http://127.0.0.1:{listening.getsockname()[1]}")
    return listening


@pytest.mark.parametrize("verb", ["apply", "diff"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_a_file_is_one_message(
    mistake: str, verb: str, asked: socket.socket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has the file and what is wrong but no secret, the exit status is 2, and nobody was asked for anything."""
    text, said = MISTAKES[mistake]
    file = tmp_path / "endpoints.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with asked:
        assert main([verb, "-f", str(file)]) == 2
        asked.setblocking(False)
        with pytest.raises(BlockingIOError):
            asked.accept()
    captured = capsys.readouterr()
    assert (str(file) in captured.err, said in captured.err, captured.out) == (True, True, "")
    assert "hidden" not in captured.err


@pytest.mark.parametrize("verb", ["apply", "diff"])
def test_each_file_has_an_endpoint(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that failed leaves an empty one, and --prune would delete all that it should have held."""
    full, empty = tmp_path / "full.yaml", tmp_path / "empty.yaml"
    full.write_text(GOOD, encoding="utf-8")
    empty.write_text("# cut short\n", encoding="utf-8")
    assert main([verb, "-f", str(full), "-f", str(empty), "--prune"]) == 2
    assert f"{empty}: no endpoint is there. Write one a document, or leave this -f out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (b"", ["-f", "-"], "the standard input: no endpoint is there"),
        (b"\xff", ["-f", "-"], "the standard input cannot be read: it is not UTF-8"),
        (b"name: a\nother: b\n", ["-f", "-"], "the standard input: a has no field 'other'"),
        (GOOD.encode(), ["-f", "-", "-f", "-"], "the standard input is given twice"),
    ],
)
def test_mistake_in_the_standard_input_is_one_message(
    content: bytes,
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where nothing comes: without any endpoint --prune would delete all."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["apply", "--prune", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("is_closed", [True, False])
def test_standard_input_of_nobody_is_one_message(
    is_closed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal would wait for a person, and a program may close it that starts this one."""
    primary, secondary = pty.openpty()
    with os.fdopen(primary, "rb"), os.fdopen(secondary, encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdin", None if is_closed else terminal)
        assert main(["diff", "-f", "-"]) == 2
    assert "nothing comes into the standard input. Pipe the endpoints into it, or name" in capsys.readouterr().err


@pytest.mark.parametrize("field", ["cpus: .inf", "memory: .nan", "labels: {team: 2020-01-01}"])
def test_what_is_no_json_is_one_message(
    field: str,
    asked: socket.socket,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is refused before it is sent."""
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(field.partition(":")[0]))
    file = tmp_path / "endpoints.yaml"
    file.write_text(f"{text}\n{field}\n", encoding="utf-8")
    # Nothing of that name is there, and the bundle is.
    monkeypatch.setattr("temporal_endpoints.commands.api_client.ApiClient.endpoints", lambda *_, **__: [])
    monkeypatch.setattr("temporal_endpoints.commands.api_client.ApiClient.bundle", lambda *_, **__: {})
    with asked:
        assert main(["apply", "-f", str(file)]) == 2
    assert "the request cannot be sent as JSON" in capsys.readouterr().err
