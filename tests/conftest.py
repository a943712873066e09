"""What all tests share: how much of a long proof is run, and databases of both kinds."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_cluster import postgresql

_WHOLE = "--whole"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a proof be run as a whole: `make e2e-all` does."""
    parser.addoption(_WHOLE, action="store_true", help="run long proofs as a whole, not a sample of each")


def pytest_configure() -> None:
    """Let a signal end what the tests start, also where this run ignores it: under nohup, or in the background."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            # A child inherits what is ignored, and no handler.
            signal.signal(number, lambda _number, _frame: None)


@pytest.fixture(scope="session")
def extent(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Chooses between the size of a sample and that of the whole."""
    whole = bool(request.config.getoption(_WHOLE))
    return lambda sample, all_of_it: all_of_it if whole else sample


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    """The socket's folder of one server for the session."""
    programs = postgresql.programs()
    if programs is None:
        assert not os.environ.get(postgresql.REQUIRED), "PostgreSQL is required here: apt-get install postgresql"
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgresql.server(programs) as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of empty databases, of both kinds in turn."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
    folder: Path = request.getfixturevalue("postgresql_folder")
    return lambda: postgresql.new_database(folder)
