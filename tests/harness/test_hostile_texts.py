"""What a chart or its values say steers neither the terminal nor GitHub's runner, and is text alone on a page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from helm_nested.cli import main
from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.page import page
from helm_nested.mutation.result import Killer, Result
from helm_nested.mutation.score import Score, Verdict
from helm_nested.terminal import plain

from .checked_project import Project, project

__all__ = ["project"]

STEERING = r"\x1b[31mred\x07\r\n  ::error file=a::owned\n::set-output name=a::b\n##[error]c"
HOSTILE = STEERING.encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "U+001B]0;titleU+0007"),
        ("a\rb\x9b2J\u202e", "aU+000DbU+009B2JU+202E"),
        ("::error::a", "U+003A:error::a"),
        ("a\n \t::stop-commands::b", "a\n \tU+003A:stop-commands::b"),
        ("a ##[group]", "a U+0023#[group]"),
        ("a::b # ## c\ttab\n", "a::b # ## c\ttab\n"),
    ],
)
def test_what_steers_a_terminal_is_shown(text: str, shown: str) -> None:
    """Control characters, and what GitHub's runner takes as a command, are replaced by numbers; the rest stays."""
    assert plain(text) == shown


def test_a_message_of_the_chart_is_no_command(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --github each finding is one annotation, and no line of a message another one."""
    project.write("chart/templates/more.yaml", f'{{{{ if .Values.cache }}}}{{{{ fail "{STEERING}" }}}}{{{{ end }}}}')
    assert main(["check", "--github", "--junit", "junit.xml"]) == 1
    out, err = capsys.readouterr()
    commands = [line for line in out.splitlines() if line.strip().startswith("::")]
    assert len(commands) == 1
    assert commands[0].startswith("::error title=cannot-be-rendered::")
    assert "U+001B[31mred" in commands[0]
    assert all("##[" not in line for line in out.splitlines() if line not in commands)
    assert "\x1b" not in out + err
    assert "\r" not in out + err
    assert "U+001B[31mred" in (project.folder / "junit.xml").read_text(encoding="utf-8")


def test_an_error_is_no_command(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for what is said of work that could not be done."""
    project.write("chart/templates/more.yaml", f'{{{{ fail "{STEERING}" }}}}')
    assert main(["render", "--out", "out"]) == 2
    err = capsys.readouterr().err
    assert "U+001B[31mred" in err
    assert not [line for line in err.splitlines() if line.strip().startswith("::")]


def test_what_native_code_writes_steers_no_terminal(project: Project) -> None:
    """Helm's library warns of values past Python, with their text; it is printed as any other text is."""
    project.write("chart/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    project.write("chart/values.yaml", 'sub: {owner: {a: "\\e[31mred"}}\n')
    (project.folder / "chart/values.schema.json").unlink()
    project.write("given.yaml", "sub: {owner: 5}\n")
    done = subprocess.run(
        [sys.executable, "-m", "helm_nested", "render", "-f", "given.yaml", "--out", "out"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert "cannot overwrite table with non table for previews.sub.owner (map[a:U+001B[31mred])" in done.stderr
    assert "\x1b" not in done.stderr


def test_junit_is_xml_whatever_a_chart_says(project: Project) -> None:
    """What XML cannot hold is replaced by its number."""
    project.write("chart/templates/more.yaml", '{{ if .Values.cache }}{{ fail "\\ufffe\\uffff\\x01" }}{{ end }}')
    assert main(["check", "--junit", "junit.xml"]) == 1
    text = (project.folder / "junit.xml").read_text(encoding="utf-8")
    assert "U+FFFEU+FFFFU+0001" in text
    fromstring(text)  # noqa: S314 - written here


def test_the_page_of_mutants_runs_and_fetches_nothing(tmp_path: Path) -> None:
    """It has a policy that allows its own style alone, and what it shows of a chart is text."""
    markup = f"<script>alert(1)</script>{HOSTILE}"
    mutant = Mutant("templates/a.yaml", 1, markup, "line deleted", "")
    killer = Killer("property", markup, markup, markup)
    verdicts = (
        Verdict(mutant, Result("killed", killer, "", (), 1.0), None),
        Verdict(mutant, Result("survived", None, "", (), 1.0), markup),
    )
    text = page(Score(verdicts, {markup: 1}, {markup: markup}, ()))
    assert (
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-"
        in text.replace("&#39;", "'")
    )
    assert "<script" not in text
    assert "\x1b" not in text
    assert "U+001B[31mred" in text
