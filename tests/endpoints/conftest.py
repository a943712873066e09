"""What the tests of the control plane share: a database of each kind, with this version's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from temporal_endpoints.records.database import Database


@pytest.fixture
def database(new_url: Callable[[], str]) -> Iterator[Database]:
    """A database with this version's tables."""
    opened = Database(new_url())
    opened.migrate()
    yield opened
    opened.close()
