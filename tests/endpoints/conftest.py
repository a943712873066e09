"""What the tests of the control plane share: databases of both kinds, and what they hold to begin with."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from temporal_endpoints.records.database import Database

from . import postgresql

NewUrl = Callable[[], str]


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
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Makes URLs of empty databases, of both kinds in turn."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
    folder: Path = request.getfixturevalue("postgresql_folder")
    return lambda: postgresql.new_database(folder, f"test_{uuid.uuid4().hex}")


@pytest.fixture
def database(new_url: NewUrl) -> Iterator[Database]:
    """A database with this version's tables."""
    opened = Database(new_url())
    opened.migrate()
    yield opened
    opened.close()
