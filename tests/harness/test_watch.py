"""`helm-nested check --watch`: every file that the outcome depends on is looked at again."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_nested.cli import INTERRUPTED, main

from .checked_project import CONFIGURATION, Project

DIALECT = "def fill(text, arguments):\n    for name, value in arguments.items():\n"
FILL = "        text = text.replace('${' + name + '}', value)\n    return text\n"
CHECK = (
    "from helm_nested.checking.model import Check, Problem\n"
    "def run(subject):\n    {body}\n"
    "CHECK = Check('mine', 'document', 'x', run, ('a: b',), ('a: c',))\n"
)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A small nested chart with a dialect and a check of its own, which find nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    # A file that is written twice within a second is compiled twice.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    project = Project(tmp_path, capsys)
    project.write("filling.py", DIALECT + FILL)
    project.write("mine.py", CHECK.format(body="return []"))
    project.write(f"{package(project)}/__init__.py", "")
    project.write(f"{package(project)}/other.py", CHECK.format(body="return []").replace("mine", "other"))
    configuration = CONFIGURATION.replace('keys: ["*.yaml"]', 'keys: ["*.yaml"], dialect: "filling.py:fill"')
    project.write("helm-nested.yaml", configuration + f"  modules: [mine.py, {package(project)}.other]\n")
    return project


def package(project: Project) -> str:
    """A package that no other test has imported."""
    return re.sub(r"\W", "_", f"watched_{project.folder}")


def watch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *changes: Callable[[], None]
) -> tuple[str, str]:
    """What is printed, and what of it as errors, when these changes are made, one a wait."""
    waiting = list(changes)

    def sleep(_seconds: float) -> None:
        if not waiting:
            raise KeyboardInterrupt
        waiting.pop(0)()

    monkeypatch.setattr(time, "sleep", sleep)
    assert main(["check", "--watch", "--strength", "2", "--findings", "findings"]) == INTERRUPTED
    captured = capsys.readouterr()
    return captured.out, captured.err


PROBLEM = "return [Problem('a', 'not this')]"
EDITS = {
    "chart": ("chart/templates/templates.yaml", "          emptyDir: {}\n", "          emptyDri: {}\n"),
    "dialect": ("filling.py", "return text", "return text.replace('emptyDir', 'emptyDri')"),
    "check": ("mine.py", "return []", PROBLEM),
    "module": ("PACKAGE/other.py", "return []", PROBLEM),
}


@pytest.mark.parametrize("edited", EDITS)
def test_a_change_is_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], edited: str
) -> None:
    """A change of the chart, or of the user's own Python, is checked as it is now."""
    name, old, new = EDITS[edited]
    name = name.replace("PACKAGE", package(project))

    def edit() -> None:
        text = (project.folder / name).read_text(encoding="utf-8")
        assert old in text
        project.write(name, text.replace(old, new))

    out, err = watch(capsys, monkeypatch, edit)
    first, second, *_ = out.split("Waiting for a change")
    assert ": 0 findings." in first
    assert ": 0 findings." not in second
    assert " findings." in second
    assert err == ""


@pytest.mark.parametrize("name", ["sets/three.yaml", "chart/ci/more-values.yaml"])
def test_a_new_file_is_seen(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """An argument set or a scenario that was not there at first is a change, and so is its end."""
    out, err = watch(capsys, monkeypatch, lambda: project.write(name, "no: [map"), (project.folder / name).unlink)
    assert out.count("Waiting for a change") == 3
    # Scenarios are not looked at with strength 2.
    assert ("sets/three.yaml" in err) == (name == "sets/three.yaml")


def test_a_pipe_among_the_scenarios_is_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no file is told, and taking it away is a change."""
    pipe = project.folder / "sets/pipe.yaml"
    out, err = watch(capsys, monkeypatch, lambda: os.mkfifo(pipe), pipe.unlink)
    assert out.count(": 0 findings.") == 2
    assert "it is a named pipe" in err


def test_a_broken_configuration_is_waited_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the configuration or the user's own Python cannot be read, that is said, and mending it ends that."""
    right = (project.folder / "filling.py").read_text(encoding="utf-8")
    out, err = watch(
        capsys,
        monkeypatch,
        lambda: project.write("filling.py", "def ("),
        lambda: project.write("filling.py", right),
    )
    assert out.count("Waiting for a change") == 3
    assert out.count(": 0 findings.") == 2
    assert err.count("SyntaxError") == 1


def test_a_configuration_that_is_broken_at_the_start_ends_it(project: Project) -> None:
    """What cannot be read at first names no files that could be watched."""
    project.write("helm-nested.yaml", "chart: [")
    assert main(["check", "--watch"]) == 2
