"""`helm-nested diff --base`: a revision's chart is what a checkout would have, and what is not there is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helm_nested.cli import main

from .revisions import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The chart, committed."""
    return Repository(tmp_path / "repository")


def refused(repository: Repository, capsys: pytest.CaptureFixture[str], base: str) -> str:
    """What is said of a base that cannot be compared with."""
    capsys.readouterr()
    assert repository.diff(base=base) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_an_unknown_revision_names_the_nearest(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt branch or tag is answered with the one that was meant."""
    repository.git("tag", "release-1.2")
    assert "no revision 'mian'. Did you mean 'main'?" in refused(repository, capsys, "mian")
    assert "Did you mean 'release-1.2'?" in refused(repository, capsys, "release-1,2")


def test_an_option_is_no_revision(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """What starts with a dash is no option to git."""
    configuration = repository.folder / "helm-nested.yaml"
    assert main(["diff", "--base=--all", "--config", str(configuration)]) == 2
    assert "no revision '--all'" in capsys.readouterr().err


def test_few_of_many_branches_are_listed(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no name is near, some are listed and not hundreds."""
    for number in range(30):
        repository.git("branch", f"feature/{number}")
    error = refused(repository, capsys, "xyzzy")
    assert "Known: " in error
    assert error.count("feature/") <= 8


def test_a_chart_that_was_elsewhere_is_pointed_at(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """A revision that has the chart in another folder is answered with that folder, and with how to name it."""
    repository.git("mv", "chart", "charts-previews")
    repository.commit()
    repository.write("helm-nested.yaml", (repository.folder / "helm-nested.yaml").read_text("utf-8").replace(
        "chart: chart\n", "chart: charts-previews\n"))  # fmt: skip
    error = refused(repository, capsys, "main~1")
    assert "no chart at charts-previews in the revision 'main~1'" in error
    assert "Known: chart." in error
    assert "git worktree add" in error


def test_no_repository_is_said(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of git there are no revisions."""
    shutil.rmtree(repository.folder / ".git")
    assert "is in no git repository" in refused(repository, capsys, "main")


def test_no_git_is_said(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without git on PATH it is said that git is needed."""
    monkeypatch.setenv("PATH", str(repository.folder))
    assert "there is no git on PATH" in refused(repository, capsys, "main")


def test_a_shallow_clone_is_said(repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A clone with the newest commit alone, as CI makes it, is told how to get the others."""
    repository.change("values.yaml", "owner: nobody", "owner: none")
    repository.commit()
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(clone))
    repository.folder = clone
    assert "git fetch --unshallow" in refused(repository, capsys, "main~1")


def test_files_that_archives_leave_out_are_there(repository: Repository) -> None:
    """A file that is marked export-ignore belongs to the chart, as a checkout has it."""
    repository.write(".gitattributes", "chart/templates/account.yaml export-ignore\n")
    repository.commit()
    assert repository.compared()["changes"] == []


def test_what_a_chart_links_to_is_there(repository: Repository) -> None:
    """A link out of the chart's folder leads to what it led to at that revision."""
    account = repository.folder / "chart" / "templates" / "account.yaml"
    (repository.folder / "shared").mkdir()
    account.rename(repository.folder / "shared" / "account.yaml")
    account.symlink_to("../../shared/account.yaml")
    repository.commit()
    repository.write("shared/account.yaml", account.read_text(encoding="utf-8").replace("previews", "other"))
    (change,) = repository.compared()["changes"]
    assert [each["path"] for each in change["paths"]] == ["metadata.name"]


def test_dependencies_that_git_does_not_hold_are_said(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Helm would render a chart without its subcharts and say nothing; then it is not the chart."""
    text = (repository.folder / "chart" / "Chart.yaml").read_text(encoding="utf-8")
    repository.write("chart/Chart.yaml", f"{text}dependencies: [{{name: common, version: 1.0.0}}]\n")
    repository.commit()
    error = refused(repository, capsys, "main")
    assert "depends on common, which git does not hold" in error


def test_a_hook_may_ask(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git tells its hooks through the environment does not lead astray, and the index stays as it was."""
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    repository.git("add", "--all")
    before = repository.git("diff", "--cached")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert len(repository.compared()["changes"]) == 1
    monkeypatch.undo()
    assert repository.git("diff", "--cached") == before


def test_a_folder_may_be_the_base(repository: Repository, tmp_path: Path) -> None:
    """A chart that was exported or published before is compared without git."""
    shutil.copytree(repository.folder / "chart", tmp_path / "exported")
    shutil.rmtree(repository.folder / ".git")
    repository.change("templates/templates.yaml", "replicas: 1", "replicas: 3")
    (change,) = repository.compared(base=str(tmp_path / "exported"))["changes"]
    assert [each["path"] for each in change["paths"]] == ["spec.replicas"]


def test_nothing_is_left_behind(repository: Repository) -> None:
    """The exported chart goes when the command ends, and the repository has no new worktree or stash."""
    repository.compared()
    assert not list((repository.folder / "build").rglob("revision-*"))
    assert len(repository.git("worktree", "list").splitlines()) == 1
    assert repository.git("status", "--porcelain") == ""
