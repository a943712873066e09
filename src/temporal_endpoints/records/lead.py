"""Who may write: the holder of the leader's row, whose time is that of the database's own clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Double, Select, cast, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.records.tables import LEADER


def require_lead(connection: Connection, token: int) -> None:
    """Hold the leader's row until the transaction ends, so that nobody takes it over meanwhile.

    Raises:
        NotLeadingError: another one leads.
    """
    row = connection.execute(_HELD[connection.dialect.name]).one()
    if row.token != token or row.expires_at <= row.moment:
        raise NotLeadingError("another process leads by now; this one changes nothing more")


def clock_of(database_name: str) -> ColumnElement[float]:
    """The database's own clock in seconds: those of two machines differ."""
    if database_name == "postgresql":
        return cast(func.extract("epoch", func.clock_timestamp()), Double)
    return literal_column("(julianday('now') - 2440587.5) * 86400.0")


def _held(database_name: str) -> Select[Any]:
    # The clock is read outside of what takes the lock, so when it is held.
    held = select(LEADER).where(LEADER.c.id == 1).with_for_update(read=True).subquery()
    return select(held, clock_of(database_name).label("moment"))


_HELD = {name: _held(name) for name in ("sqlite", "postgresql")}
