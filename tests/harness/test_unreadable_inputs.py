"""What should be a file and is none is told by its name and what it is: never waited for, never passed over."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_nested.cli import main

from .checked_project import Project, findings, project

__all__ = ["project"]


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (_folder, "it is a folder, not a file"),
    "pipe": (os.mkfifo, "it is a named pipe, not a file"),
    "loop": (_loop, "Too many levels of symbolic links"),
    "dangling": (_dangling, "No such file or directory"),
}


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("place", ["chart/ci/more.yaml", "sets/more.yaml"])
def test_what_a_pattern_matches_must_be_a_file(
    project: Project, capsys: pytest.CaptureFixture[str], kind: str, place: str
) -> None:
    """A scenario or argument set that cannot be read is an error, however it came there."""
    make, said = NO_FILES[kind]
    make(project.folder / place)
    assert main(["check"]) == 2
    error = capsys.readouterr().err
    assert f"matches {place}, which cannot be read: " in error
    assert said in error


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("place", ["contract.json", "matrix.yaml", "refused.yaml", "helm-nested.yaml", "given.yaml"])
def test_what_is_named_must_be_a_file(
    project: Project, capsys: pytest.CaptureFixture[str], kind: str, place: str
) -> None:
    """So is a file that the configuration or an option names."""
    make, said = NO_FILES[kind]
    (project.folder / place).unlink(missing_ok=True)
    make(project.folder / place)
    arguments = ["render", "-f", "given.yaml"] if place == "given.yaml" else ["check"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert place in error
    assert said in error or "no configuration at helm-nested.yaml" in error
    assert "bug" not in error


def test_a_pipe_that_helm_would_read_is_refused(project: Project) -> None:
    """Helm reads a chart's .helmignore whatever it is, and would wait for what never comes."""
    os.mkfifo(project.folder / "chart/.helmignore")
    status, _, error = project.check()
    assert status == 2
    assert ".helmignore is a named pipe, not a file" in error


def test_a_pattern_for_everything_passes_over_folders(project: Project) -> None:
    """`values/*` means the files there, and not the folders beside them."""
    text = (project.folder / "helm-nested.yaml").read_text(encoding="utf-8")
    project.write("helm-nested.yaml", text.replace("chart/ci/*.yaml", "chart/ci/*"))
    (project.folder / "chart/ci/more").mkdir()
    assert project.check()[0] == 0


def test_a_byte_order_mark_is_no_part_of_a_file(project: Project) -> None:
    """Some editors write one; nothing changes by it."""
    for name in ("helm-nested.yaml", "matrix.yaml", "contract.json", "sets/one.yaml", "chart/ci/default-values.yaml"):
        text = (project.folder / name).read_text(encoding="utf-8")
        (project.folder / name).write_text(text, encoding="utf-8-sig")
    assert project.check()[::2] == (0, "")


@pytest.mark.parametrize(
    "name", ["helm-nested.yaml", "matrix.yaml", "contract.json", "sets/one.yaml", "chart/ci/default-values.yaml"]
)
def test_a_file_in_another_encoding_is_told(project: Project, name: str) -> None:
    """It is named with the byte that is wrong and what to do."""
    (project.folder / name).write_bytes((project.folder / name).read_bytes() + b"# caf\xe9\n")
    status, _, told = project.check()
    assert status == 2
    assert re.search(r"is not UTF-8: .* at byte \d+\. Save it as UTF-8", told)


@pytest.mark.parametrize("text", [b"# caf\xe9\nkind: List\n", b'kind: List\nname: {{ .Files.Get "logo" }}\n'])
def test_a_rendered_byte_in_another_encoding_is_a_finding(project: Project, text: bytes) -> None:
    """Helm refuses the object; the engine puts U+FFFD in the place of the byte, which could pass."""
    (project.folder / "chart/logo").write_bytes(b"\xe9")
    project.write("chart/templates/right.yaml", "# \ufffd \\ufffd\n")
    assert project.check()[0] == 0
    (project.folder / "chart/templates/more.yaml").write_bytes(text)
    (found,) = findings(project)
    assert found["checks"] == ["cannot-be-rendered"]
    assert found["message"] == "previews/templates/more.yaml as rendered: a byte that is not UTF-8, which Helm refuses."


def test_what_another_program_writes_can_be_values(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A shell's `-f <(...)` is read, though it is a pipe."""
    read, write = os.pipe()
    os.write(write, b"size: large\n")
    os.close(write)
    try:
        assert main(["render", "-f", f"/dev/fd/{read}", "--out", "out"]) == 0, capsys.readouterr().err
    finally:
        os.close(read)
    shutil.rmtree("out")


def test_chart_that_renders_nothing_is_told_as_that(project: Project) -> None:
    """A library chart has no object whose name could be meant, so none is suggested."""
    shutil.rmtree(project.folder / "chart/templates")
    status, _, error = project.check()
    assert status == 2
    assert "so no service template was checked. Nothing else is there either: name another chart" in error
