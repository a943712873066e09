"""Options and the configuration say which release is rendered, and what no release can be is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.cli import main

from .checked_project import CONFIGURATION, Project
from .test_release_axes import SEEN


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A small nested chart whose output does not depend on the release."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--release", "Bad_Name"), "'Bad_Name' is not a release name"),
        (("--namespace", "a.b"), "'a.b' is not a namespace"),
        (("--kube-version", "new"), "'new' is not a Kubernetes version"),
    ],
)
def test_a_release_that_cannot_be_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], options: tuple[str, str], words: str
) -> None:
    """The options of `render` are held to what the configuration is held to."""
    assert project.folder.is_dir()
    assert main(["render", *options]) == 2
    assert words in capsys.readouterr().err


def test_options_replace_what_is_configured(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """`--no-is-upgrade` and an empty `--api-versions` take back what the configuration says."""
    project.write("chart/templates/templates.yaml", SEEN)
    project.write("helm-nested.yaml", "release: {isUpgrade: true, apiVersions: [example.com/v1]}\n" + CONFIGURATION)
    for options, expected in (
        ((), "b: true true false"),
        (("--api-versions", "", "--no-is-upgrade"), "b: false false true"),
    ):
        assert main(["render", *options, "--out", "out"]) == 0
        assert any(expected in file.read_text(encoding="utf-8") for file in Path("out").rglob("*.yaml"))
    capsys.readouterr()
