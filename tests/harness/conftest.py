"""What the tests of the harness share: a small chart to break, and the command line to run on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from helm_nested.cli import main
from helm_nested.kubernetes import validation

from .kubernetes_program import FOUND
from .mutated_chart import tried

# Once for all modules: a fixture of the session that each of them imported would be made for each.
__all__ = ["tried"]

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / "build" / "tools"


@dataclass(frozen=True)
class Outcome:
    """How one run of the command line ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small chart with all that belongs to it, as the working directory."""
    folder = tmp_path / "small"
    shutil.copytree(HERE / "charts" / "small", folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `helm-nested` with arguments."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(status, out, err)

    return run


@pytest.fixture(params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest) -> Path:
    """Each of the two helm binaries."""
    binary = TOOLS / str(request.param)
    if not binary.exists():
        pytest.skip(f"{binary} is not there; `make tools` is needed")
    return binary


@pytest.fixture(autouse=True)
def without_a_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI demands Kubernetes' own validation of this repository's chart; the small charts of tests are without it."""
    monkeypatch.delenv(validation.REQUIRED, raising=False)


@pytest.fixture
def program() -> Path:
    """The program, which must be there where CI requires it."""
    assert FOUND is not None, f"{validation.REQUIRED} is set and the program is not there: run `make tools`"
    return FOUND
