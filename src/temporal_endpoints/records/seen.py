"""What is written of an endpoint after a look at it: what is known of its objects, and what is said of it.

A look writes some ten rows and reads none of them again, so they are written without the objects of an ORM, and by
statements that are put together once: putting them together took longer than SQLite needs to carry them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from temporal_endpoints.records.model import DELETE_IN_PROGRESS, Condition, Endpoint, ObjectRecord, Workers
from temporal_endpoints.records.rows import object_values
from temporal_endpoints.records.tables import ENDPOINTS, EVENTS, OBJECTS

_PLACE = ("endpoint_id", "api_version", "kind", "name")
_KNOWN = ("uid", "filled", "settled")


def _upsert(rows: sqlite.Insert | postgresql.Insert) -> Executable:
    return rows.on_conflict_do_update(index_elements=_PLACE, set_={name: rows.excluded[name] for name in _KNOWN})


_NOTE = {"sqlite": _upsert(sqlite.insert(OBJECTS)), "postgresql": _upsert(postgresql.insert(OBJECTS))}
_IS_TOLD = ENDPOINTS.c.id == bindparam("told")
# Held, as a request that changes the endpoint may be written at this moment.
_SAID = select(ENDPOINTS).where(_IS_TOLD).with_for_update()
_TELL = update(ENDPOINTS).where(_IS_TOLD)
_NEWS = insert(EVENTS)
Said = Row[Any]


@dataclass(frozen=True)
class Report:
    """What is seen of an endpoint."""

    generation: int
    status: str
    conditions: Sequence[Condition]
    workers: Workers | None

    def is_said(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint's record says it already."""
        said = [replace(each, since="") for each in endpoint.conditions]
        before = Report(endpoint.observed_generation, endpoint.status, said, endpoint.workers)
        return before == replace(self, conditions=list(self.conditions))


def note(connection: Connection, endpoint_id: str, known: Sequence[ObjectRecord]) -> None:
    """Write what is known of objects by now, whether they were recorded before or not."""
    if not known:
        return
    known_rows = [object_values(endpoint_id, each) for each in known]
    connection.execute(_NOTE[connection.dialect.name], known_rows)


def tell(connection: Connection, endpoint_id: str, report: Report) -> bool:
    """Write what is seen, if it is of the newest generation and differs from what was said; whether it was."""
    said = connection.execute(_SAID, {"told": endpoint_id}).one_or_none()
    if said is None or _is_late(said, report):
        return False
    conditions = _since(said, report.conditions)
    now = {
        "status": report.status,
        "observed_generation": report.generation,
        "conditions": [_columns(each) for each in conditions],
        "observed": _columns(report.workers) if report.workers else {},
    }
    if all(getattr(said, name) == value for name, value in now.items()):
        return False
    events = [
        {
            "endpoint_id": endpoint_id,
            "at": datetime.now(UTC),
            "type": "Warning" if each.is_warning else "Normal",
            "reason": each.reason,
            "message": each.message,
        }
        for each in _news(said, conditions)
    ]
    if events:
        connection.execute(_NEWS, events)
    connection.execute(_TELL, {"told": endpoint_id, **now})
    return True


def _news(said: Said, conditions: Sequence[Condition]) -> Sequence[Condition]:
    """Those of which another status or reason was said before, or nothing."""
    before = {each["type"]: (each["status"], each["reason"]) for each in said.conditions}
    return [each for each in conditions if before.get(each.type) != (each.status, each.reason)]


def _since(said: Said, conditions: Sequence[Condition]) -> list[Condition]:
    """The conditions with the moment since when each has its status."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = {each["type"]: each for each in said.conditions}
    dated = []
    for each in conditions:
        old = before.get(each.type)
        since = old["since"] if old and old["status"] == each.status else now
        dated.append(Condition(each.type, each.status, each.reason, each.message, since))
    return dated


def _is_late(said: Said, report: Report) -> bool:
    """Whether something else is asked for by now; of an endpoint that is being deleted only its end is told."""
    ends_late = said.deleted_at is not None and report.status != DELETE_IN_PROGRESS
    return ends_late or said.generation != report.generation


def _columns(value: Condition | Workers) -> dict[str, Any]:
    """The fields of one; `asdict` would copy each of them, which took a tenth of the time of a report."""
    return dict(vars(value))
