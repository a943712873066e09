"""What cannot be written never costs what was found: the findings are printed, and the rest is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helm_nested.cli import main

from .checked_project import Project
from .running import command, nobody_reads

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project of the checks, with one finding."""
    monkeypatch.chdir(tmp_path)
    project = Project(tmp_path, capsys)
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    project.write("file", "precious")
    return project


def test_findings_folder_that_cannot_be_written_hides_no_finding(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the values files cannot go, a warning says so, and the finding shows its values itself."""
    assert main(["check", "--findings", "file"]) == 1
    out, err = capsys.readouterr()
    assert "mount-without-volume" in out
    assert 'with a file values.yaml that holds {"cache": true}' in out
    assert "render -f values.yaml" in out
    assert err.startswith("warning: file/1-values.yaml cannot be written: ")


def test_a_file_of_somebody_else_among_the_findings_is_kept(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A values file of the user's that has a finding's name stays; one that was written here is replaced."""
    project.write("mine/1-values.yaml", "size: large\n")
    assert main(["check", "--findings", "mine"]) == 1
    assert "mine/1-values.yaml is there, and was not written by this command" in capsys.readouterr().err
    assert (project.folder / "mine/1-values.yaml").read_text(encoding="utf-8") == "size: large\n"
    for _ in range(2):
        assert main(["check", "--findings", "other"]) == 1
        assert "warning" not in capsys.readouterr().err


def test_a_page_of_somebody_else_is_kept(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """`mutants --out` names no folder with a page of the user's."""
    project.write("docs/index.html", "<title>Ours</title>")
    assert main(["mutants", "--out", "docs"]) == 2
    assert "docs/index.html is there, and was not written by this command" in capsys.readouterr().err
    assert (project.folder / "docs/index.html").read_text(encoding="utf-8") == "<title>Ours</title>"


def test_a_pipe_that_nobody_reads_hides_no_finding(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is waited for; a pipe that is read gets the report."""
    os.mkfifo("pipe")
    assert main(["check", "--json", "pipe"]) == 2
    out, err = capsys.readouterr()
    assert "mount-without-volume" in out
    assert "pipe cannot be written: nobody reads this pipe" in err
    with subprocess.Popen(["/bin/cat", "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        status = 2
        while status == 2:  # until it has begun to read
            status = main(["check", "--json", "pipe", "--strength", "2"])
        assert json.loads(reader.communicate(timeout=30)[0])["findings"]
    assert status == 1


@needs_full
def test_a_full_disk_hides_no_finding(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """A report that fails in the end keeps neither the findings from being printed nor the other reports."""
    assert main(["check", "--json", str(FULL), "--junit", "junit.xml"]) == 2
    out, err = capsys.readouterr()
    assert "mount-without-volume" in out
    assert " findings. " in out
    assert err == "helm-nested: /dev/full cannot be written: No space left on device. Name another file.\n"
    assert "mount-without-volume" in (project.folder / "junit.xml").read_text(encoding="utf-8")


def test_a_baseline_that_cannot_be_written_hides_no_finding(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the baseline could not be told of is new."""
    original = Path.write_text

    def refuse(self: Path, *arguments: str, **options: str) -> int:
        if self.name == "baseline.json":
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", refuse)
    assert main(["check", "--baseline", "baseline.json"]) == 2
    out, err = capsys.readouterr()
    assert "mount-without-volume" in out
    assert "baseline.json cannot be written: Permission denied" in err


@pytest.mark.parametrize("place", ["file", "file/cache"])
def test_a_cache_that_cannot_be_written_is_a_warning(
    project: Project, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    """No run needs what the next one would save by; the same is found without it."""
    configuration = project.folder / "helm-nested.yaml"
    project.write("helm-nested.yaml", f"{configuration.read_text(encoding='utf-8')}cache: {place}\n")
    assert main(["check", "--json", "check.json"]) == 1
    out, err = capsys.readouterr()
    assert "mount-without-volume" in out
    assert err.count("warning: nothing can be kept in ") == 1
    assert "helm-nested: " not in err
    assert (project.folder / "file").read_text(encoding="utf-8") == "precious"


def test_a_text_that_has_no_utf_8_is_written_as_an_escape(project: Project) -> None:
    """A lone surrogate in a chart ends no report."""
    project.change("templates/templates.yaml", "            - name: cash\n", '            - name: "\\ud800"\n')
    assert main(["check", "--json", "check.json", "--junit", "junit.xml"]) == 1
    document = json.loads((project.folder / "check.json").read_text(encoding="utf-8"))
    assert "findings" in document


@needs_full
def test_output_that_cannot_be_written_is_no_bug(project: Project) -> None:
    """A full disk under standard output is told as such, without a traceback at the end."""
    with FULL.open("w") as full:
        done = command("check", stdout=full.fileno())
    assert (done.returncode, done.stderr) == (
        2,
        "helm-nested: could not check this: No space left on device. Mend that, and run the same command again.\n",
    )


def test_closed_streams_are_no_bug(project: Project) -> None:
    """Without standard output and error the work is done, and what is written goes nowhere else."""
    script = f"exec {sys.executable} -m helm_nested check --json check.json <&- >&- 2>&-"
    done = subprocess.run(["/bin/sh", "-c", script], check=False, timeout=60)
    assert done.returncode == 1
    assert json.loads((project.folder / "check.json").read_text(encoding="utf-8"))["findings"]


def test_any_encoding_of_the_terminal_will_do(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the encoding lacks is printed as an escape."""
    project.change("templates/templates.yaml", "            - name: cash\n", "            - name: kätzchen\n")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = command("check")
    assert (done.returncode, done.stderr) == (1, "")
    assert "k\\xe4tzchen" in done.stdout


def test_whoever_reads_the_first_line_alone_ends_it_well(project: Project) -> None:
    """A reader who has gone is no error to tell of, and what was to be written to files is written."""
    with nobody_reads() as write:
        done = command("check", "--json", "check.json", stdout=write)
    assert (done.returncode, done.stderr) == (141, "")
    assert json.loads((project.folder / "check.json").read_text(encoding="utf-8"))["findings"]


@pytest.mark.parametrize(
    "words",
    [
        *(
            ("check", "--json", name)
            for name in ("matrix.yaml", "helm-nested.yaml", "contract.json", "chart/Chart.yaml")
        ),
        ("check", "--strength", "2", "--junit", "chart/templates/templates.yaml"),
        ("coverage", "--json", "matrix.yaml"),
        ("diff", "--base", "main", "--markdown", "chart/values.yaml"),
        ("diff", "--base", "main", "--html", "./chart/../helm-nested.yaml"),
        ("mutants", "--json", "chart/values.schema.json"),
    ],
    ids=" ".join,
)
def test_what_a_command_reads_is_not_overwritten(
    words: tuple[str, ...], project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that the command reads is refused as the place of its output, and stays as it is."""
    file = project.folder / words[-1]
    before = file.read_bytes()
    assert main(list(words)) == 2
    assert f"{Path(words[-1])} cannot be written: this command reads it" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_shard_that_is_merged_is_not_overwritten(project: Project) -> None:
    """`merge --json` refuses to write over one of the files that it merges; another one may be there from before."""
    assert main(["check", "--strength", "2", "--shard", "1/1", "--json", "shard.json"]) == 1
    shard = (project.folder / "shard.json").read_bytes()
    assert main(["merge", "--json", "shard.json", "shard.json"]) == 2
    assert (project.folder / "shard.json").read_bytes() == shard
    project.write("merged.json", "old")
    assert main(["merge", "--json", "merged.json", "shard.json"]) == 1
    assert "old" not in (project.folder / "merged.json").read_text(encoding="utf-8")
