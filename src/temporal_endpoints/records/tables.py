"""The tables of the records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, Index, String, Text, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone, also where the database keeps none (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """In UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share: the types of their columns."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        str: String(),
        dict[str, Any]: JSON(),
        dict[str, str]: JSON(),
        list[dict[str, Any]]: JSON(),
    }


class InstallationRow(Table):
    """Which installation this is: its objects in the cluster are known by the name."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]


class LeaderRow(Table):
    """Who may change the cluster, and until when by the database's own clock."""

    __tablename__ = "leader"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[int]
    holder: Mapped[str]
    expires_at: Mapped[float] = mapped_column(Double)


class BundleRow(Table):
    """An image and how it is started; never changed."""

    __tablename__ = "bundles"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    schema_location: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    flavor: Mapped[dict[str, Any]]

    __table_args__ = (Index("bundles_by_name", "owner", "name", "created_at"),)


class TemplateSetRow(Table):
    """The texts that a chart brought, by their digest: with a digest alone nothing could be rebuilt."""

    __tablename__ = "template_sets"
    digest: Mapped[str] = mapped_column(primary_key=True)
    texts: Mapped[dict[str, str]]
    created_at: Mapped[datetime]


class EndpointRow(Table):
    """An endpoint, and what was last said of it; deleted ones stay until nothing of them is left in the cluster."""

    __tablename__ = "endpoints"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner: Mapped[str]
    created_by: Mapped[str]
    namespace: Mapped[str]
    created_at: Mapped[datetime]
    last_updated_at: Mapped[datetime]
    generation: Mapped[int]
    deleted_at: Mapped[datetime | None]
    observed_generation: Mapped[int]
    status: Mapped[str]
    conditions: Mapped[list[dict[str, Any]]]
    observed: Mapped[dict[str, Any]]

    __table_args__ = (
        # A name is free again as soon as its endpoint is deleted, whatever is still ending in the cluster.
        Index(
            "endpoints_by_name",
            "owner",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("endpoints_by_owner", "owner", "created_at"),
    )


class RevisionRow(Table):
    """One generation of an endpoint: with its bundle and its templates all of its documents."""

    __tablename__ = "revisions"
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bundle_id: Mapped[str] = mapped_column(ForeignKey("bundles.id"))
    template_set: Mapped[str] = mapped_column(ForeignKey("template_sets.digest"))
    specification: Mapped[dict[str, Any]]
    cause: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class ObjectRow(Table):
    """An object of the cluster that is an endpoint's, from before it is created until it is gone.

    `uid` is missing until the server has answered; `filled` and `settled` are digests: of the document that was
    applied, and of what the server made of its fields.
    """

    __tablename__ = "objects"
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True)
    api_version: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str]
    uid: Mapped[str | None]
    filled: Mapped[str | None]
    settled: Mapped[str | None]


class DepartureRow(Table):
    """A worker deployment that Temporal still knows and whose endpoint is deleted; it outlives the endpoint's row.

    `namespace` is Temporal's; without one it is where this control plane looks by default.
    """

    __tablename__ = "departures"
    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str | None]
    since: Mapped[datetime]


class EventRow(Table):
    """Something that happened to an endpoint, for people."""

    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("endpoints.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    type: Mapped[str]
    reason: Mapped[str]
    message: Mapped[str] = mapped_column(Text)


# How many events of an endpoint are told and kept.
EVENTS_KEPT = 200
# The same tables for what is written often: rows alone, by statements that are put together once.
ENDPOINTS, REVISIONS, BUNDLES, TEMPLATE_SETS, OBJECTS, EVENTS, LEADER = (
    Table.metadata.tables[name]
    for name in ("endpoints", "revisions", "bundles", "template_sets", "objects", "events", "leader")
)
