"""The tables: made by migrations, up and down, and never by a version that does not know them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.records.database import MIGRATIONS, VERSION_TABLE, Database
from temporal_endpoints.records.endpoints import Endpoints
from temporal_endpoints.records.tables import Table

from .recorded import ADA, create_endpoint

NewUrl = Callable[[], str]

SCRIPTS = ScriptDirectory(str(MIGRATIONS))


def test_there_is_one_head_and_every_revision_is_hexadecimal() -> None:
    """Two heads stop every migration, and Alembic's own revisions are twelve hexadecimal digits."""
    assert len(SCRIPTS.get_heads()) == 1
    assert all(re.fullmatch("[0-9a-f]{12}", each.revision) for each in SCRIPTS.walk_revisions())


def test_migrated_tables_are_those_of_the_code(database: Database) -> None:
    """Nothing is left that a migration would have to add or remove."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_migrations_go_up_and_down_with_data(database: Database) -> None:
    """What is recorded does not stand in the way of a step back, after which the tables can be made anew."""
    endpoint = create_endpoint(database)
    for revision in SCRIPTS.walk_revisions():
        database.migrate_down(str(revision.down_revision or "base"))
        database.migrate(revision.revision)
    assert Endpoints(database).find(ADA.owner) == []
    database.migrate_down("base")
    assert inspect(database.engine).get_table_names() == [VERSION_TABLE]
    database.migrate()
    assert create_endpoint(database, endpoint.name).generation == 1


def test_migrating_again_changes_nothing(database: Database) -> None:
    """Every start may migrate."""
    endpoint = create_endpoint(database)
    database.migrate()
    assert Endpoints(database).get(ADA.owner, endpoint.id) == endpoint


def test_tables_of_another_version_are_refused(new_url: NewUrl) -> None:
    """Code that does not find its tables says which command makes them."""
    empty = Database(new_url())
    with pytest.raises(RecordsError, match=r"revision none, and this version needs [0-9a-f]{12}"):
        empty.require_current()
    empty.migrate()
    empty.require_current()
    empty.close()


def test_tables_of_a_newer_version_are_told_as_such(new_url: NewUrl) -> None:
    """To migrate them, as of older ones, is not possible: the message of a pod that is being replaced said so."""
    newer = Database(new_url())
    newer.migrate()
    with newer.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = 'ffffffffffff'")  # noqa: S608
    with pytest.raises(RecordsError, match="A newer version of temporal-endpoints made them: use that one"):
        newer.require_current()
    with pytest.raises(RecordsError, match="Use the version of temporal-endpoints that made them"):
        newer.migrate()
    newer.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/name", "mysql is not supported"),
        ("sqlite://", "in memory would be lost"),
        ("postgresql+psycopg2://me:hidden@host/name", "asks for psycopg2, which is not installed. Write postgresql://"),
        ("sqlite+aiosqlite:///a.db", "asks for aiosqlite, which is not installed. Write sqlite://"),
        ("sqlite:///a.db?timeuot=1", "has an option that SQLite does not know"),
        ("no url", "Write sqlite:///path or postgresql://user:password@host:port/name"),
    ],
)
def test_other_databases_are_refused(url: str, said: str) -> None:
    """What is no supported database is told with what to write."""
    with pytest.raises(RecordsError, match=said):
        Database(url)


def test_database_that_does_not_answer_is_told_without_its_password() -> None:
    """The message names the reason and no secret."""
    absent = Database("postgresql://user:secret@127.0.0.1:1/name?connect_timeout=1")
    with pytest.raises(RecordsError, match="Look after it") as told:
        absent.migrate()
    assert "secret" not in str(told.value)
