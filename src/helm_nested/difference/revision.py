"""A chart as it was at a git revision, as a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helm_nested.chart import Chart, load_chart
from helm_nested.errors import RevisionError
from helm_nested.temporary_folder import temporary_folder
from nested_templates.suggestion import did_you_mean

# So many names of branches and tags are listed where none is near.
_LISTED = 8
_OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}


@contextmanager
def chart_at(revision: str, chart: Path) -> Iterator[Chart]:
    """The chart as a checkout of that revision would have it, in a folder that goes in the end.

    A folder or an archive that holds a chart is taken as it is: a version that was exported or published before.

    Raises:
        RevisionError: there is no git, no repository, no such revision, no chart in it, or not all of the chart.
    """
    if (Path(revision) / "Chart.yaml").is_file() or (Path(revision).is_file() and revision.endswith(".tgz")):
        yield load_chart(Path(revision))
        return
    repository = _Repository.of(chart)
    commit = repository.commit(revision)
    repository.require_chart(revision, commit)
    with temporary_folder() as folder:
        found = repository.export(commit, folder)
        _require_dependencies(revision, found)
        yield found


class _Repository:
    """A git repository, and where in it the chart is."""

    def __init__(self, git: str, top: Path, inside: str) -> None:
        self._git = git
        self._top = top
        # With a slash at its end; empty if the chart is the whole repository.
        self._inside = inside

    @classmethod
    def of(cls, chart: Path) -> _Repository:
        git = shutil.which("git")
        if git is None:
            raise RevisionError(
                "there is no git on PATH, and a revision is read with it. Install git, or name a folder that holds the "
                "other version of the chart."
            )
        if not chart.is_dir():
            raise RevisionError(f"the chart {chart} is not a folder, so git knows no revisions of it. Name its folder.")
        told = _run(git, chart, "rev-parse", "--show-toplevel", "--show-prefix")
        if told.returncode:
            raise RevisionError(
                f"{chart} is in no git repository: {_said(told)}. "
                "Name a folder that holds the other version of the chart, or run this in a clone."
            )
        top, inside = told.stdout.decode("utf-8", "surrogateescape").split("\n")[:2]
        return cls(git, Path(top), inside)

    def commit(self, revision: str) -> str:
        """The commit that a revision means."""
        # With this suffix it is no option, whatever it starts with.
        told = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not told.returncode:
            return told.stdout.decode().strip()
        names = self._run(
            "for-each-ref", "--sort=-committerdate", "--format=%(refname:short)", "refs/heads", "refs/tags",
            "refs/remotes",
        ).stdout.decode("utf-8", "replace").split()  # fmt: skip
        # Where none is near, all would be listed.
        hint = did_you_mean(revision, names)
        hint = hint if len(names) <= _LISTED or "?" in hint else did_you_mean(revision, names[:_LISTED])
        shallow = ""
        if self._run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            shallow = " This clone holds only the newest commits: 'git fetch --unshallow' brings the others."
        raise RevisionError(
            f"the repository {self._top} has no revision {revision!r}. {hint}{shallow} "
            "Name a branch, a tag or a commit, or a folder that holds a chart."
        )

    def require_chart(self, revision: str, commit: str) -> None:
        """Accept a commit that has the chart at the place where it is now."""
        if not self._run("cat-file", "-e", f"{commit}:{self._inside}Chart.yaml").returncode:
            return
        files = self._run("ls-tree", "-r", "-z", "--name-only", commit).stdout.decode("utf-8", "replace").split("\0")
        charts = [os.path.dirname(file) or "." for file in files if os.path.basename(file) == "Chart.yaml"]  # noqa: PTH119, PTH120
        there = did_you_mean(self._inside.rstrip("/"), charts) or "It holds no chart at all."
        raise RevisionError(
            f"there is no chart at {self._inside.rstrip('/') or '.'} in the revision {revision!r}. {there} If it was "
            f"moved, check that revision out (git worktree add ../base {revision}) and name the chart's folder in it "
            "instead."
        )

    def export(self, commit: str, folder: Path) -> Chart:
        """Write the chart's files as a checkout would: `git archive` would leave out what is marked export-ignore."""
        files = folder / "files"
        index = {"GIT_INDEX_FILE": str(folder / "index")}
        self._must("read-tree", commit, environment=index)
        place = [f":(top,literal){self._inside}"] if self._inside else []
        listed = self._must("ls-files", "-z", "--", *place, environment=index)
        self._must("checkout-index", "-z", "--stdin", f"--prefix={files}/", environment=index, given=listed)
        chart = files / self._inside
        if any(each.is_symlink() and not each.exists() for each in chart.rglob("*")):
            # It links to something outside its folder.
            self._must("checkout-index", "--all", "--force", "--quiet", f"--prefix={files}/", environment=index)
        return load_chart(chart)

    def _must(self, *arguments: str, environment: dict[str, str], given: bytes = b"") -> bytes:
        told = self._run(*arguments, environment=environment, given=given)
        if told.returncode:
            raise RevisionError(
                f"git {arguments[0]} failed in {self._top}: {_said(told)}. Try it there, or name a folder that holds "
                "the other version of the chart."
            )
        return told.stdout

    def _run(
        self, *arguments: str, environment: dict[str, str] | None = None, given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return _run(self._git, self._top, *arguments, environment=environment, given=given)


def _run(
    git: str, folder: Path, *arguments: str, environment: dict[str, str] | None = None, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    # A hook of the repository has nothing to do with a look into it.
    command = [git, "-c", f"core.hooksPath={os.devnull}", *arguments]
    # Inside a hook these name what the hook is about, from the folder it runs in.
    around = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    return subprocess.run(
        command, cwd=folder, env={**around, **(environment or {})}, input=given, capture_output=True, check=False
    )


def _said(told: subprocess.CompletedProcess[bytes]) -> str:
    lines = told.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ").rstrip(".") if lines else f"exit status {told.returncode}"


def _require_dependencies(revision: str, chart: Chart) -> None:
    """Accept a chart all of whose dependencies are in git: Helm would render it without the others and say nothing."""
    present = [each.name for each in (chart.path / "charts").glob("*")]
    wanted = [str(each.get("name")) for each in chart.metadata.get("dependencies") or [] if isinstance(each, dict)]
    missing = [name for name in wanted if not any(each == name or each.startswith(f"{name}-") for each in present)]
    if missing:
        raise RevisionError(
            f"the chart at {revision!r} depends on {', '.join(missing)}, which git does not hold. Check that revision "
            f"out (git worktree add ../base {revision}), run 'helm dependency build' there, and name the chart's "
            "folder in it instead."
        )
