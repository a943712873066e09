"""The database: opened by its URL, brought to this version's tables."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SAWarning, SQLAlchemyError
from sqlalchemy.orm import Session

from temporal_endpoints.errors import RecordsError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version_temporal_endpoints"
# How long a SQLite writer waits for another one.
_BUSY_MILLISECONDS = 30_000
# How long PostgreSQL waits for the next statement of a transaction. Ours think for milliseconds between two; a process
# that stands still, or a machine that is gone, would hold its locks for ever, the one of the lead among them.
_IDLE_SECONDS = 10
_WRITES = "temporal_endpoints_writes"
# Any number that nobody else locks: the first digits of the golden ratio.
_MIGRATION_LOCK = 1618033988


class Database:
    """One database; may be used by several threads.

    Raises:
        RecordsError: the URL is none, or names a database that is not supported.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            if "@" in (parsed.host or ""):
                raise RecordsError("the database's URL has two @. Write %40 for one that is in the password.")
            if parsed.drivername in ("postgres", "postgresql"):
                parsed = parsed.set(drivername="postgresql+psycopg")
            if parsed.get_backend_name() not in ("sqlite", "postgresql"):
                raise RecordsError(
                    f"the database {parsed.get_backend_name()} is not supported. Give a URL that begins with "
                    "sqlite:/// or postgresql://."
                )
            if parsed.get_backend_name() == "sqlite" and _is_in_memory(parsed):
                raise RecordsError("a SQLite database in memory would be lost. Write sqlite:///path/to/file.")
            with warnings.catch_warnings():
                # An option that SQLite does not know would be left out.
                warnings.simplefilter("error", SAWarning)
                # A file is never cut off.
                self.engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
        except ModuleNotFoundError as error:
            raise RecordsError(
                f"the database's URL asks for {error.name}, which is not installed. Write "
                f"{parsed.get_backend_name()}:// without a + and the name of a library."
            ) from None
        except SAWarning:
            raise RecordsError(
                "the database's URL has an option that SQLite does not know. Correct or remove what comes after the ?."
            ) from None
        except (ArgumentError, ValueError):
            # The error itself may quote a part of the password.
            raise RecordsError(
                "the database's URL is none. Write sqlite:///path or postgresql://user:password@host:port/name, with "
                "%3A for a colon in the password, %40 for an @ and %2F for a slash."
            ) from None
        self.name = parsed.get_backend_name()
        self._writer = self.engine.execution_options(**{_WRITES: True})
        self._writing = Lock()
        if self.name == "sqlite":
            event.listen(self.engine, "connect", _durable)
            event.listen(self.engine, "begin", _begin)
        else:
            event.listen(self.engine, "connect", _given_up_if_idle)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that changes nothing.

        Raises:
            RecordsError: the database cannot be reached.
        """
        with _told(), Session(self.engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are there all together when it ends, or not at all.

        Raises:
            RecordsError: the database cannot be reached.
        """
        with self._turn(), _told(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """As `read`, for statements alone: what a session keeps of rows takes longer than SQLite needs to find them.

        Raises:
            RecordsError: the database cannot be reached.
        """
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """As `write`, for statements alone.

        Raises:
            RecordsError: the database cannot be reached.
        """
        with self._turn(), _told(), self._writer.begin() as connection:
            yield connection

    def migrate(self, revision: str = "head") -> None:
        """Bring the tables to a revision, upward; to this version's own if none is named.

        Raises:
            RecordsError: the database cannot be reached, or its tables are of a newer version.
        """
        self._run(lambda config: command.upgrade(config, revision))

    def migrate_down(self, revision: str) -> None:
        """Bring the tables back to an older revision.

        Raises:
            RecordsError: the database cannot be reached, or there is no such revision.
        """
        self._run(lambda config: command.downgrade(config, revision))

    def revision(self) -> str | None:
        """The revision of the tables; None while there are none."""
        with _told(), self.engine.connect() as connection:
            options = {"version_table": VERSION_TABLE}
            return MigrationContext.configure(connection, opts=options).get_current_revision()

    def require_current(self) -> None:
        """Refuse tables of another version.

        Raises:
            RecordsError: it says how to bring them to this one.
        """
        scripts = ScriptDirectory(str(MIGRATIONS))
        head, current = scripts.get_current_head(), self.revision()
        if current != head:
            advice = "Migrate them first."
            if current is not None and current not in {each.revision for each in scripts.walk_revisions()}:
                advice = "A newer version of temporal-endpoints made them: use that one."
            raise RecordsError(
                f"the tables are of revision {current or 'none'}, and this version needs {head}. {advice}"
            )

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer of a SQLite file at a time: waiting for its lock, SQLite sleeps on after the lock is free."""
        if self.name != "sqlite":
            yield
        elif self._writing.acquire(timeout=_BUSY_MILLISECONDS / 1000):
            try:
                yield
            finally:
                self._writing.release()
        else:
            raise RecordsError("the database is busy: another write does not end. Look after its disk, and try again.")

    def _run(self, change: Any) -> None:  # noqa: ANN401 - a function of Alembic's configuration
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with _told(), self._writer.begin() as connection:
            config.attributes["connection"] = connection
            if self.name == "postgresql":
                # Two processes that start at once do not migrate at once; SQLite has one writer anyway.
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            try:
                change(config)
            except CommandError as error:
                raise RecordsError(
                    f"the tables cannot be migrated: {error}. Use the version of temporal-endpoints that made them."
                ) from error


@contextmanager
def _told() -> Iterator[None]:
    """A database that fails is told without what was sent to it, which may be anything."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, IntegrityError):
            raise  # no fault of the database: it is told by who asked
        reason = str(error.orig).strip().partition("\n")[0]
        raise RecordsError(f"the database does not answer as it should: {reason}. Look after it, and try again.") from (
            error
        )
    except SQLAlchemyError as error:
        raise RecordsError(
            f"the database does not answer as it should ({type(error).__name__}). Look after it, and try again."
        ) from error


def _durable(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001 - the shape of such a listener
    # Python's own module would begin transactions late, and not around what changes tables.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a loss of power
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _given_up_if_idle(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001 - a driver's; a listener's shape
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {1000 * _IDLE_SECONDS}")
    connection.commit()


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first could not take it later beside another.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_in_memory(url: URL) -> bool:
    """Whether SQLite keeps nothing of it: a URI of its own can say so as well."""
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"
