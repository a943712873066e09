"""What owners do to their endpoints: each is one transaction, acknowledged when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from temporal_endpoints.errors import AlreadyRecordedError, NotRecordedError
from temporal_endpoints.identifier import ENDPOINT, new_identifier
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import (
    DELETE_IN_PROGRESS,
    UPDATE_PENDING,
    Bundle,
    Endpoint,
    Event,
    ObjectKey,
    ObjectRecord,
    Revision,
)
from temporal_endpoints.records.rows import endpoint_values, revision_of, revision_values, whole_endpoint
from temporal_endpoints.records.seen import note
from temporal_endpoints.records.tables import (
    ENDPOINTS,
    EVENTS,
    EVENTS_KEPT,
    REVISIONS,
    EndpointRow,
    EventRow,
    RevisionRow,
    TemplateSetRow,
)
from temporal_endpoints.specification import Specification

ORDERS = {
    "newest": (EndpointRow.created_at.desc(), EndpointRow.id.desc()),
    "oldest": (EndpointRow.created_at, EndpointRow.id),
    "alphabetical": (EndpointRow.name, EndpointRow.id),
}
_SHOWN_CHARACTERS = 80
_TAKEN = "The specified model endpoint already exists."
_NEW_ENDPOINT, _NEW_REVISION, _NEW_EVENT = insert(ENDPOINTS), insert(REVISIONS), insert(EVENTS)


@dataclass(frozen=True)
class User:
    """Who asks, and the team that owns what they make."""

    name: str
    owner: str


@dataclass(frozen=True)
class Change:
    """What the next revision of an endpoint is to be."""

    specification: Specification
    bundle_id: str
    template_set: str
    cause: str


def new_endpoint(user: User, name: str, namespace: str, change: Change, bundle: Bundle) -> Endpoint:
    """An endpoint of this user with an id of its own; it is not recorded yet."""
    now = datetime.now(UTC)
    return Endpoint(
        id=new_identifier(ENDPOINT),
        name=name,
        owner=user.owner,
        created_by=user.name,
        namespace=namespace,
        created_at=now,
        last_updated_at=now,
        generation=1,
        deleted_at=None,
        observed_generation=0,
        status=UPDATE_PENDING,
        conditions=[],
        workers=None,
        revision=_revision(1, user, change, now),
        bundle=bundle,
    )


class Endpoints:
    """The endpoints of a database, each seen by its owner alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, endpoint: Endpoint, objects: Iterable[ObjectKey] = ()) -> None:
        """Record a new endpoint, and the objects that are going to be made for it.

        Raises:
            AlreadyRecordedError: the owner has one of that name.
        """
        told = f"{endpoint.created_by} created the endpoint"
        try:
            with self._database.change() as connection:
                connection.execute(_NEW_ENDPOINT, endpoint_values(endpoint))
                connection.execute(_NEW_REVISION, revision_values(endpoint.id, endpoint.revision))
                note(connection, endpoint.id, [ObjectRecord(key) for key in objects])
                _tell(connection, endpoint.id, endpoint.revision.cause, told)
        except IntegrityError as error:
            raise AlreadyRecordedError(_TAKEN) from error

    def require_free(self, owner: str, name: str) -> None:
        """Do nothing if the owner has no endpoint of that name, but for those that are being deleted.

        Raises:
            AlreadyRecordedError: there is one.
        """
        query = select(EndpointRow.id).where(EndpointRow.owner == owner, EndpointRow.name == name)
        with self._database.read() as session:
            if session.scalar(query.where(EndpointRow.deleted_at.is_(None))) is not None:
                raise AlreadyRecordedError(_TAKEN)

    def get(self, owner: str, endpoint_id: str) -> Endpoint:
        """One endpoint.

        Raises:
            NotRecordedError: there is none of that id, or it is another owner's.
        """
        with self._database.read() as session:
            return whole_endpoint(session, _owned(session, owner, endpoint_id))

    def require(self, endpoint_id: str) -> None:
        """Do nothing if the endpoint is there, whoever owns it.

        Raises:
            NotRecordedError: there is none of that id.
        """
        with self._database.read() as session:
            if session.get(EndpointRow, endpoint_id) is None:
                raise NotRecordedError(absent(endpoint_id))

    def find(
        self, owner: str, name: str | None = None, order: str = "newest", limit: int | None = None, offset: int = 0
    ) -> Sequence[Endpoint]:
        """The owner's endpoints, those that are being deleted among them."""
        query: Select[EndpointRow] = select(EndpointRow).where(EndpointRow.owner == owner)
        if name is not None:
            query = query.where(EndpointRow.name == name)
        query = query.order_by(*ORDERS[order]).offset(offset).limit(limit)
        with self._database.read() as session:
            return [whole_endpoint(session, row) for row in session.scalars(query)]

    def count(self, owner: str, name: str | None = None) -> int:
        """How many `find` has without a limit."""
        query = select(func.count()).select_from(EndpointRow).where(EndpointRow.owner == owner)
        if name is not None:
            query = query.where(EndpointRow.name == name)
        with self._database.read() as session:
            return session.scalar(query) or 0

    def revise(self, user: User, endpoint_id: str, change: Callable[[Endpoint, Mapping[str, str]], Change]) -> Endpoint:
        """The endpoint after a change of its newest revision; nobody else changes it meanwhile.

        `change` is given the endpoint and the texts of its templates. What asks for nothing new makes no revision.

        Raises:
            NotRecordedError: there is none of that id, it is another owner's, or it is being deleted.
        """
        with self._database.write() as session:
            row = _owned(session, user.owner, endpoint_id, lock=True)
            if row.deleted_at is not None:
                raise NotRecordedError(absent(endpoint_id))
            before = whole_endpoint(session, row)
            wanted = change(before, session.get_one(TemplateSetRow, before.revision.template_set).texts)
            now = datetime.now(UTC)
            revision = _revision(row.generation + 1, user, wanted, now)
            if _asks(revision) == _asks(before.revision):
                return before
            session.execute(_NEW_REVISION, revision_values(row.id, revision))
            row.generation, row.last_updated_at, row.status = revision.generation, now, UPDATE_PENDING
            told = f"{user.name}: {wanted.cause}, generation {revision.generation}"
            _tell(session.connection(), row.id, wanted.cause, told)
            session.flush()
            return whole_endpoint(session, row)

    def delete(self, user: User, endpoint_id: str) -> Endpoint:
        """Mark an endpoint as deleted: its name is free at once, its record stays until its objects are gone.

        Raises:
            NotRecordedError: there is none of that id, or it is another owner's.
        """
        with self._database.write() as session:
            row = _owned(session, user.owner, endpoint_id, lock=True)
            if row.deleted_at is None:
                row.deleted_at = row.last_updated_at = datetime.now(UTC)
                row.status = DELETE_IN_PROGRESS
                _tell(session.connection(), row.id, "delete", f"{user.name} deleted the endpoint")
            session.flush()
            return whole_endpoint(session, row)

    def history(self, owner: str, endpoint_id: str, limit: int | None = None, offset: int = 0) -> Sequence[Revision]:
        """The revisions of an endpoint, the newest first.

        Raises:
            NotRecordedError: there is none of that id, or it is another owner's.
        """
        with self._database.read() as session:
            row = _owned(session, owner, endpoint_id)
            query = select(RevisionRow).where(RevisionRow.endpoint_id == row.id)
            query = query.order_by(RevisionRow.generation.desc()).offset(offset).limit(limit)
            return [revision_of(each) for each in session.scalars(query)]

    def revision(self, owner: str, endpoint_id: str, generation: int) -> Revision | None:
        """One revision of an endpoint, if there is one of that generation.

        Raises:
            NotRecordedError: there is no endpoint of that id, or it is another owner's.
        """
        with self._database.read() as session:
            row = session.get(RevisionRow, (_owned(session, owner, endpoint_id).id, generation))
            return None if row is None else revision_of(row)

    def events(self, owner: str, endpoint_id: str) -> Sequence[Event]:
        """What happened to an endpoint, the newest first.

        Raises:
            NotRecordedError: there is none of that id, or it is another owner's.
        """
        with self._database.read() as session:
            row = _owned(session, owner, endpoint_id)
            query = select(EventRow).where(EventRow.endpoint_id == row.id).order_by(EventRow.id.desc())
            found = session.scalars(query.limit(EVENTS_KEPT))
            return [Event(each.at, each.type, each.reason, each.message) for each in found]


def _owned(session: Session, owner: str, endpoint_id: str, *, lock: bool = False) -> EndpointRow:
    query = select(EndpointRow).where(EndpointRow.id == endpoint_id, EndpointRow.owner == owner)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotRecordedError(absent(endpoint_id))
    return row


def absent(endpoint_id: str) -> str:
    """What is told of an endpoint that is not there, or is another owner's."""
    return f"Model Endpoint {endpoint_id[:_SHOWN_CHARACTERS]} was not found."


def _revision(generation: int, user: User, change: Change, now: datetime) -> Revision:
    return Revision(
        generation, change.bundle_id, change.template_set, change.specification, change.cause, user.name, now
    )


def _asks(revision: Revision) -> tuple[str, str, Specification]:
    return revision.bundle_id, revision.template_set, revision.specification


def _tell(connection: Connection, endpoint_id: str, reason: str, message: str) -> None:
    now = datetime.now(UTC)
    event = {"endpoint_id": endpoint_id, "at": now, "type": "Normal", "reason": reason, "message": message}
    connection.execute(_NEW_EVENT, event)
