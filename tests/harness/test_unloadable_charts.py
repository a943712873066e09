"""What Helm cannot load of a chart is one message: the file, why, and what to do, without Helm's own log."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from helm_nested.cli import main
from helm_nested.engine.unloadable import fault_of_file, without_links

from .checked_project import Project

OUT = "or name it in .helmignore."
LIMIT = 5 << 20
NO_END = "a folder that it is in itself, so what is in it has no end. Remove the link, or name it in .helmignore."
UNFOLLOWED = "which cannot be followed. Remove it, or correct where it leads."


@pytest.fixture
def project(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project of the checks; what Helm's library prints past Python is heard as well."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capfd)


def _link(target: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.symlink_to(target)

    return make


def _listening(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(path.name)
    finally:
        os.chdir(here)


def _enormous(path: Path) -> None:
    path.touch()
    os.truncate(path, LIMIT + 1)


def _deep(path: Path) -> None:
    here = Path.cwd()
    try:
        for _ in range(60):
            path.mkdir()
            os.chdir(path)
            path = Path("d" * 100)
    finally:
        os.chdir(here)


def _by_another_folder(path: Path) -> None:
    shared = path.parents[2] / "shared"
    shared.mkdir()
    (shared / "back").symlink_to("../chart/templates")
    path.symlink_to("../../shared")


MADE: dict[str, tuple[Callable[[Path], None], str]] = {
    "link to its own folder": (
        _link("../templates"),
        f"templates/odd is a link to ../templates, {NO_END}",
    ),
    "link above the chart": (
        _link("../.."),
        f"templates/odd is a link to ../.., {NO_END}",
    ),
    "circle through another folder": (
        _by_another_folder,
        f"templates/odd/back is a link to ../chart/templates, {NO_END}",
    ),
    "link to itself": (
        _link("odd"),
        f"templates/odd is a link to odd, {UNFOLLOWED}",
    ),
    "link to nothing": (
        _link("nowhere.yaml"),
        f"templates/odd is a link to nowhere.yaml, {UNFOLLOWED}",
    ),
    "named pipe": (os.mkfifo, f"templates/odd: it is a named pipe, not a file. Remove it, {OUT}"),
    "socket": (_listening, f"templates/odd: it is a device or a socket, not a file. Remove it, {OUT}"),
    "link to a device": (
        _link("/dev/zero"),
        f"templates/odd: it is a device or a socket, not a file. Remove it, {OUT}",
    ),
    "enormous file": (
        _enormous,
        f"templates/odd has more than {LIMIT} bytes, the most that Helm takes. Make it smaller, {OUT}",
    ),
    "folders too deep": (
        _deep,
        f"templates/odd holds folders in folders, deeper than a path can be. Remove them, {OUT}",
    ),
}


@pytest.mark.parametrize("kind", MADE)
def test_what_helm_cannot_load_is_one_message(project: Project, capfd: pytest.CaptureFixture[str], kind: str) -> None:
    """It names the file as it is seen from the chart, and nothing else is printed."""
    make, words = MADE[kind]
    make(project.folder / "chart/templates/odd")
    assert main(["check"]) == 2
    out, err = capfd.readouterr()
    assert err == f"helm-nested: Helm cannot load the chart at chart: {words}\n"
    assert out == ""


IGNORING: dict[str, tuple[Callable[[Path], None], str]] = {
    "link to a device": (
        _link("/dev/zero"),
        ".helmignore has a line of more than 65535 bytes. Write one pattern a line.",
    ),
    "link to nothing": (
        _link("nowhere"),
        f".helmignore is a link to nowhere, {UNFOLLOWED}",
    ),
    "folder": (Path.mkdir, f".helmignore: it is a folder, not a file. Remove it, {OUT}"),
}


@pytest.mark.parametrize("kind", IGNORING)
def test_helmignore_that_helm_cannot_read_is_named(
    project: Project, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """Helm's own words for it name no file, or a folder of which nobody knows what reads it."""
    make, words = IGNORING[kind]
    make(project.folder / "chart/.helmignore")
    assert main(["check"]) == 2
    assert capfd.readouterr().err == f"helm-nested: Helm cannot load the chart at chart: {words}\n"


@pytest.mark.parametrize("kind", ["link to its own folder", "named pipe", "socket", "enormous file"])
def test_what_helmignore_leaves_out_does_no_harm(
    project: Project, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """The advice works."""
    MADE[kind][0](project.folder / "chart/templates/odd")
    project.write("chart/.helmignore", "templates/odd\n")
    assert main(["render", "--out", "out"]) == 0
    assert capfd.readouterr().err == ""


def test_chart_file_that_is_enormous_is_not_read(project: Project) -> None:
    """Chart.yaml is read before Helm is asked, and as far as Helm would read it."""
    os.truncate(project.folder / "chart/Chart.yaml", 1 << 40)
    status, _, error = project.check()
    assert status == 2
    assert f"chart/Chart.yaml has more than {LIMIT} bytes" in error


def test_link_out_of_the_chart_is_followed_in_silence(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    """A chart may share templates with another one: Helm's note on every such link is not printed."""
    project.write("shared/account.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shared}\n")
    (project.folder / "chart/templates/account.yaml").symlink_to("../../shared/account.yaml")
    (project.folder / "chart/templates/more").symlink_to("../../shared")
    assert main(["render", "--out", "out"]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "log",
    [
        'level=INFO msg="found symbolic link in path. Contents of linked file included and used" path={} resolved=/x\n',
        "walk.go:75: found symbolic link in path: {} resolves to /x. Contents of linked file included and used\n",
    ],
)
def test_a_helm_binary_is_understood_as_the_library_is(tmp_path: Path, log: str) -> None:
    """Both majors log links and stop at a path as long as their patience; one message is made of that."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/odd").symlink_to("../templates")
    path = f"{tmp_path}/templates" + "/odd" * 41
    said = without_links(log.format(path) * 40 + f"Error: open {path}: too many levels of symbolic links\n")
    assert said.startswith("Error: open")
    assert fault_of_file(tmp_path, said) == MADE["link to its own folder"][1]


def test_what_is_no_fault_of_a_file_is_left_as_helm_says_it(tmp_path: Path) -> None:
    """Only what names a file that could not be read is said in other words."""
    assert fault_of_file(tmp_path, f"validation: chart.metadata.version is required in {tmp_path}/Chart.yaml") is None
