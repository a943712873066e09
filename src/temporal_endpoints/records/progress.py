"""What is written while the cluster is brought to the records: only by who leads, and before or after each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from temporal_endpoints.identifier import resource_name
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.lead import clock_of, require_lead
from temporal_endpoints.records.model import (
    Departure,
    Endpoint,
    ObjectKey,
    ObjectRecord,
    QueueRecord,
    Ramp,
    Snapshot,
)
from temporal_endpoints.records.rows import bundle_of, endpoint_of, object_of, parts, revision_of
from temporal_endpoints.records.seen import Report, note, tell
from temporal_endpoints.records.tables import (
    BUNDLES,
    ENDPOINTS,
    EVENTS,
    EVENTS_KEPT,
    OBJECTS,
    REVISIONS,
    TEMPLATE_SETS,
    DepartureRow,
    EndpointRow,
    InstallationRow,
    LeaderRow,
    ObjectRow,
    RevisionRow,
)

# An endpoint with its newest revision and that one's bundle, by one request.
_WHOLE = (
    select(ENDPOINTS, REVISIONS, BUNDLES)
    .join(REVISIONS, (REVISIONS.c.endpoint_id == ENDPOINTS.c.id) & (REVISIONS.c.generation == ENDPOINTS.c.generation))
    .join(BUNDLES, BUNDLES.c.id == REVISIONS.c.bundle_id)
    .where(ENDPOINTS.c.id == bindparam("endpoint_id"))
)
_OTHER_BUILDS = (
    select(REVISIONS, BUNDLES)
    .join(BUNDLES, BUNDLES.c.id == REVISIONS.c.bundle_id)
    .where(REVISIONS.c.endpoint_id == bindparam("endpoint_id"), REVISIONS.c.bundle_id != bindparam("build"))
    .order_by(REVISIONS.c.generation.desc())
)
_OBJECTS = (
    select(OBJECTS)
    .where(OBJECTS.c.endpoint_id == bindparam("endpoint_id"))
    .order_by(OBJECTS.c.api_version, OBJECTS.c.kind, OBJECTS.c.name)
)
_TALKATIVE = select(EVENTS.c.endpoint_id).group_by(EVENTS.c.endpoint_id).having(func.count() > EVENTS_KEPT)
_OF_ONE = EVENTS.c.endpoint_id == bindparam("of")
_NEWEST_TO_GO = select(EVENTS.c.id).where(_OF_ONE).order_by(EVENTS.c.id.desc()).offset(EVENTS_KEPT).limit(1)
_FORGET = delete(EVENTS).where(_OF_ONE, EVENTS.c.id <= _NEWEST_TO_GO.scalar_subquery())
_TEXTS = select(TEMPLATE_SETS.c.texts).where(TEMPLATE_SETS.c.digest == bindparam("digest"))
# How many sets of templates are kept: most endpoints are made from the newest one.
_MOST_TEXTS = 8


class Progress:
    """The records as the one process that leads writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._texts: dict[str, Mapping[str, str]] = {}

    def installation(self) -> str:
        """The name of this installation."""
        with self._database.read() as session:
            return session.get_one(InstallationRow, 1).name

    def lead(self, holder: str, seconds: float) -> int | None:
        """The token of the one who leads for so long from now; None while another one does.

        Whoever leads asks again before the time is over, and keeps its token.
        """
        now = clock_of(self._database.name)
        with self._database.write() as session:
            row = session.scalars(select(LeaderRow).where(LeaderRow.id == 1).with_for_update()).one()
            moment: float = session.execute(select(now)).scalar_one()
            if row.holder == holder and row.expires_at > moment:
                row.expires_at = moment + seconds
            elif row.expires_at <= moment:
                row.token, row.holder, row.expires_at = row.token + 1, holder, moment + seconds
            else:
                return None
            return row.token

    def resign(self, token: int) -> None:
        """Let another one lead at once."""
        with self._database.write() as session:
            session.execute(update(LeaderRow).where(LeaderRow.token == token).values(expires_at=0.0, holder=""))

    def endpoint_ids(self) -> Sequence[str]:
        """Every endpoint there is a record of."""
        with self._database.read() as session:
            return list(session.scalars(select(EndpointRow.id).order_by(EndpointRow.created_at)))

    def unobserved_ids(self) -> Sequence[str]:
        """The endpoints that something was asked of which has not been done."""
        asked = (EndpointRow.observed_generation < EndpointRow.generation) | EndpointRow.deleted_at.is_not(None)
        with self._database.read() as session:
            return list(session.scalars(select(EndpointRow.id).where(asked).order_by(EndpointRow.last_updated_at)))

    def queues(self) -> Sequence[QueueRecord]:
        """The queue of every endpoint that is not being deleted."""
        newest = (RevisionRow.endpoint_id == EndpointRow.id) & (RevisionRow.generation == EndpointRow.generation)
        query = (
            select(EndpointRow.id, RevisionRow.specification, RevisionRow.bundle_id)
            .join(RevisionRow, newest)
            .where(EndpointRow.deleted_at.is_(None))
            .order_by(EndpointRow.created_at)
        )
        with self._database.read() as session:
            return [
                QueueRecord(
                    endpoint_id,
                    asked["temporal_task_queue"],
                    asked["per_worker"],
                    # Those that are older than versions say nothing of them.
                    None if asked.get("versioning", "none") == "none" else bundle_id,
                    Ramp(tuple(asked.get("ramp", ())), asked.get("ramp_seconds", 0)),
                )
                for endpoint_id, asked, bundle_id in session.execute(query)
            ]

    def forget_old_events(self, token: int) -> None:
        """Keep the newest events of each endpoint.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.look() as connection:
            talkative = connection.execute(_TALKATIVE).scalars().all()
        for endpoint_id in talkative:
            with self._database.change() as connection:
                require_lead(connection, token)
                connection.execute(_FORGET, {"of": endpoint_id})

    def statuses(self) -> Mapping[str, int]:
        """How many endpoints have each status."""
        query = select(EndpointRow.status, func.count().label("number")).group_by(EndpointRow.status)
        with self._database.read() as session:
            return {row.status: row.number for row in session.execute(query)}

    def snapshot(self, endpoint_id: str) -> Snapshot | None:
        """The endpoint as it is recorded now, if it is."""
        with self._database.look() as connection:
            asked = {"endpoint_id": endpoint_id}
            found = connection.execute(_WHOLE, asked).one_or_none()
            if found is None:
                return None
            endpoint = endpoint_of(*parts(found, ENDPOINTS, REVISIONS, BUNDLES))
            texts = self._texts_of(connection, endpoint.revision.template_set)
            objects = [object_of(each) for each in connection.execute(_OBJECTS, asked)]
            return Snapshot(endpoint, texts, objects, self._older_builds(connection, endpoint, objects))

    def record(self, token: int, endpoint_id: str, known: Sequence[ObjectRecord]) -> None:
        """What is known of objects: before they are created without a uid, afterwards with it. All at once.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.change() as connection:
            require_lead(connection, token)
            note(connection, endpoint_id, known)

    def forget(self, token: int, endpoint_id: str, key: ObjectKey) -> None:
        """The object is gone.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.write() as session:
            require_lead(session.connection(), token)
            row = session.get(ObjectRow, (endpoint_id, key.api_version, key.kind, key.name))
            if row is not None:
                session.delete(row)

    def depart(self, token: int, departure: Departure) -> None:
        """The endpoint is deleted, and Temporal is to forget its worker deployment, if that is not recorded yet.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.read() as session:
            if session.get(DepartureRow, departure.endpoint_id) is not None:
                return
        with self._database.write() as session:
            require_lead(session.connection(), token)
            now = datetime.now(UTC)
            session.add(DepartureRow(endpoint_id=departure.endpoint_id, namespace=departure.namespace, since=now))

    def departures(self) -> Sequence[Departure]:
        """The worker deployments that Temporal is to forget, the oldest first."""
        with self._database.read() as session:
            rows = session.scalars(select(DepartureRow).order_by(DepartureRow.since, DepartureRow.endpoint_id))
            return [Departure(row.endpoint_id, row.namespace) for row in rows]

    def departed(self, token: int, endpoint_id: str) -> None:
        """Temporal knows it no more; while the endpoint is not gone, its workers could make it known again.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.write() as session:
            require_lead(session.connection(), token)
            if session.get(EndpointRow, endpoint_id) is None:
                session.execute(delete(DepartureRow).where(DepartureRow.endpoint_id == endpoint_id))

    def finish(self, token: int, endpoint_id: str) -> None:
        """The deleted endpoint is gone with all its objects.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.write() as session:
            require_lead(session.connection(), token)
            session.execute(
                delete(EndpointRow).where(EndpointRow.id == endpoint_id, EndpointRow.deleted_at.is_not(None))
            )

    def report(self, token: int, endpoint_id: str, report: Report, known: Sequence[ObjectRecord] = ()) -> bool:
        """Write what is seen, if it is of the newest generation and differs from what was said; whether it was.

        What is known of objects is recorded as by `record`, by the same commit and in any case. Of an endpoint that was
        deleted meanwhile only its end is told.

        Raises:
            NotLeadingError: another one leads.
        """
        with self._database.change() as connection:
            require_lead(connection, token)
            note(connection, endpoint_id, known)
            return tell(connection, endpoint_id, report)

    def _older_builds(
        self, connection: Connection, endpoint: Endpoint, objects: Sequence[ObjectRecord]
    ) -> Sequence[tuple[Endpoint, Mapping[str, str]]]:
        """The endpoint as its newest revision of each older build made it, if objects of that build are recorded."""
        if endpoint.build is None:
            return ()
        older: dict[str, tuple[Endpoint, Mapping[str, str]]] = {}
        for found in connection.execute(_OTHER_BUILDS, {"endpoint_id": endpoint.id, "build": endpoint.build}):
            revision, bundle = parts(found, REVISIONS, BUNDLES)
            name = resource_name(endpoint.id, bundle.id)
            if bundle.id not in older and any(each.key.name.startswith(name) for each in objects):
                texts = self._texts_of(connection, revision.template_set)
                older[bundle.id] = (
                    replace(endpoint, revision=revision_of(revision), bundle=bundle_of(bundle)),
                    texts,
                )
        return list(older.values())

    def _texts_of(self, connection: Connection, digest: str) -> Mapping[str, str]:
        """The templates of a digest, which never change."""
        texts = self._texts.get(digest)
        if texts is None:
            texts = connection.execute(_TEXTS, {"digest": digest}).scalar_one()
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            self._texts[digest] = texts
        return texts
