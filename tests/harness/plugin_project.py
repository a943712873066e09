"""A small chart where pytest runs with the plugin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import helm_nested.pytest_plugin  # noqa: F401 - loaded before pytest runs in this process, so it is loaded once

SMALL = Path(__file__).parent / "charts" / "small"


# Pods: two sizes, two images, two argument sets: eight. Clean-ups: one, and one argument set.
MATRIX = """\
blocks: {page: What a page is made of.}
axes:
  memory: {block: page, choices: {little: {}, much: {size: {memory: 1Gi}}}}
  image: {block: page, choices: {public: {}, own: {image: registry.example.com/own}}}
  schedule: {block: page, choices: {nightly: {}, never: {schedule: null}, hourly: {schedule: "0 * * * *"}}}
"""


# Each time a corpus is built, a line in a file.
COUNTING = """
import os
from pathlib import Path
from helm_nested.corpus import store

build = store.build_corpus

def counted(*arguments, **options):
    with Path({log!r}).open("a") as log:
        log.write(f"{{os.getpid()}}\\n")
    return build(*arguments, **options)

store.build_corpus = counted

def pytest_unconfigure():
    store.build_corpus = build
"""


HEAD = "import pytest\nfrom helm_nested.pytest_plugin import over\n"


MEMORY = """
@over(kind="Pod")
def test_memory(document):
    assert document["spec"]["containers"][0]["resources"]["requests"]["memory"] == "128Mi"
"""


class Folder:
    """A project with a small chart, where pytest runs."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        shutil.copytree(SMALL, self.path, dirs_exist_ok=True)
        (self.path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
        with (self.path / "helm-nested.yaml").open("a", encoding="utf-8") as file:
            file.write("matrix: matrix.yaml\n")

    def run(self, tests: str, *arguments: str) -> pytest.RunResult:
        """Run pytest on a module of that content."""
        self.pytester.makepyfile(test_properties=HEAD + tests)
        options = ["-p", "helm_nested.pytest_plugin", "-p", "no:cacheprovider", *arguments]
        if "-n" in arguments:
            return self.pytester.runpytest_subprocess(*options)
        return self.pytester.runpytest_inprocess(*options)

    def count_builds(self) -> None:
        """From now on builds are counted, in whichever process."""
        store_log = str(self.path / "builds.txt")
        self.pytester.makeconftest(COUNTING.format(log=store_log))

    @property
    def builds(self) -> int:
        """How often a corpus was built."""
        log = self.path / "builds.txt"
        return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0

    def replace(self, file: str, old: str, new: str) -> None:
        """Change a file."""
        text = (self.path / file).read_text(encoding="utf-8")
        assert old in text
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A project with a small chart."""
    # A worker of pytest-xdist is no master of another one.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return Folder(pytester)
