"""What happens around the work: a missing engine, a full disk, a key pressed, a fault of the harness itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from helm_nested import output_folder
from helm_nested.rendering import Renderer

from .conftest import Run
from .running import command, nobody_reads


def test_unknown_engine_is_refused(small: Path, run: Run) -> None:
    """An engine that is nowhere is named, with the two ways out."""
    outcome = run("render", "--engine", "no-such-helm", "--out", "out")
    assert outcome.status == 2
    assert "the engine 'no-such-helm' is not here" in outcome.err
    assert outcome.err.endswith("Use --engine in-process, or install helm and name it: --engine /path/to/helm\n")


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 0", "nothing"), ("echo hello", "hello"), ("echo no such verb >&2; exit 1", "no such verb")],
)
def test_engine_that_is_no_helm_is_refused(small: Path, run: Run, script: str, said: str) -> None:
    """A program that is not helm is told apart before anything is rendered with it."""
    binary = small / "sham"
    binary.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    binary.chmod(0o755)
    outcome = run("render", "--engine", binary, "--out", "out")
    assert outcome.status == 2
    assert f"does not answer as helm does to 'version': {said}. Name a helm binary" in outcome.err


def test_engine_that_is_not_installed_is_refused(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package of the in-process engine the message says which to install, and what works without it."""
    monkeypatch.delitem(sys.modules, "helm_nested.engine.in_process", raising=False)
    monkeypatch.setitem(sys.modules, "helm_python", None)
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert "the in-process engine is not installed" in outcome.err
    assert outcome.err.endswith("Install the package helm-python-sdk, or use a helm binary: --engine helm\n")


def test_engine_whose_library_does_not_load_is_refused(small: Path) -> None:
    """A broken native library is an engine that is not there, not a traceback."""
    library = small / "libhelm_c.so"
    library.write_bytes(b"not a library")
    done = command("render", "--out", "out", HELM_C_LIB=str(library))
    assert done.returncode == 2
    assert "the in-process engine cannot be loaded: found the helm-c library" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith("--engine helm\n")


def test_fault_of_the_harness_is_no_traceback(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nothing accounts for says that it could not check, with which scenario, and how to report it."""

    def fail(*_: object) -> NoReturn:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(Renderer, "_render", fail)
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert outcome.err.startswith("helm-nested: scenario 'defaults': could not check this: helm-nested itself failed")
    assert "(ZeroDivisionError: by nought)" in outcome.err
    assert "HELM_NESTED_TRACEBACK=1" in outcome.err
    assert "Traceback" not in outcome.err
    assert not (small / "out").exists()

    monkeypatch.setenv("HELM_NESTED_TRACEBACK", "1")
    shown = run("render", "--out", "out")
    assert shown.status == 2
    assert "Traceback" in shown.err
    assert "in fail" in shown.err


def test_fault_outside_a_scenario_is_no_traceback(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does an error after the last scenario."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise RecursionError("too deep")

    monkeypatch.setattr("helm_nested.review.record.record", fail)
    outcome = run("render", "--out", "out")
    assert outcome.status == 2
    assert outcome.err.startswith(
        "helm-nested: could not check this: helm-nested itself failed (RecursionError: too deep)"
    )


def test_interrupted_run_ends_quietly(small: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C while the results are written says nothing, keeps what was there, and leaves nothing beside it."""
    assert run("render", "--out", "out").status == 0
    before = sorted(small.rglob("*"))

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(output_folder, "_write_scenario", interrupt)
    outcome = run("render", "--out", "out")
    assert (outcome.status, outcome.err) == (130, "")
    assert sorted(small.rglob("*")) == before


def test_closed_output_ends_quietly(small: Path) -> None:
    """`helm-nested render | head -1` gives one line and no complaint."""
    with nobody_reads() as write:
        done = command("render", "--out", "out", stdout=write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("failing", ["mkdir", "rename"])
def test_folder_that_cannot_be_written_is_refused(
    small: Path, run: Run, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """A read-only place is refused by name, and what was there stays."""
    assert run("render", "--out", "out").status == 0
    before = sorted(small.rglob("*"))
    original = getattr(Path, failing)

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        # Files can be moved away and back, but nothing new can be put in place.
        if small in self.parents and self.name not in {"former", "out"}:
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, failing, refuse)
    outcome = run("render", "--out", "out")
    monkeypatch.undo()
    assert outcome.status == 2
    assert "out cannot be written: Permission denied. Name another folder with --out." in outcome.err
    assert sorted(small.rglob("*")) == before


INTERRUPTED_IMPORT = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
import helm_nested.__main__
sys.exit(helm_nested.__main__.main())
"""


@pytest.mark.parametrize(
    ("module", "status"),
    [
        ("helm_nested.go_runtime", -signal.SIGINT),
        ("helm_nested.watchdog", -signal.SIGINT),
        # These are imported by the process that works, and the one that waits tells how it ended.
        ("ctypes", 128 + signal.SIGINT),
        ("helm_nested.cli", 128 + signal.SIGINT),
        ("decimal", 128 + signal.SIGINT),
    ],
)
def test_an_interruption_while_the_program_starts_shows_no_traceback(module: str, status: int) -> None:
    """Ctrl-C right after the command was typed ends it as Ctrl-C does, and says nothing of its modules."""
    program = [sys.executable, "-c", INTERRUPTED_IMPORT, module]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (status, "", "")


INTERRUPTED_RESTART = """
import os, signal, sys
restart = os.execv
def interrupted(*program):
    os.kill(os.getpid(), signal.SIGINT)
    restart(*program)
os.execv = interrupted
import helm_nested.__main__
sys.exit(helm_nested.__main__.main())
"""


def test_an_interruption_while_the_program_starts_itself_again_waits_until_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python, as it starts, would show where it was."""
    monkeypatch.delenv("GOGC", raising=False)
    program = [sys.executable, "-c", INTERRUPTED_RESTART]
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")
