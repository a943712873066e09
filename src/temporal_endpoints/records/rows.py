"""Rows of the tables as the values they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, Table
from sqlalchemy.orm import Session

from temporal_endpoints.records.model import (
    Bundle,
    Condition,
    Endpoint,
    ObjectKey,
    ObjectRecord,
    Revision,
    Workers,
)
from temporal_endpoints.records.tables import BundleRow, EndpointRow, RevisionRow
from temporal_endpoints.specification import Specification

# The columns of a table as attributes: the object of an ORM, a row of statements alone, or a part of one.
Columns = Any


def parts(row: Row[Any], *tables: Table) -> Iterator[Columns]:
    """The columns of each table in a row of a join, in which several have a column of the same name."""
    columns = iter(row)
    for table in tables:
        yield SimpleNamespace(**dict(zip(table.c.keys(), columns, strict=False)))


def bundle_of(row: Columns) -> Bundle:
    """The bundle of a row."""
    return Bundle(
        row.id, row.name, row.owner, row.created_by, row.created_at, row.schema_location, row.details, row.flavor
    )


def bundle_row(bundle: Bundle) -> BundleRow:
    """The row of a bundle."""
    return BundleRow(
        id=bundle.id,
        name=bundle.name,
        owner=bundle.owner,
        created_by=bundle.created_by,
        created_at=bundle.created_at,
        schema_location=bundle.schema_location,
        details=dict(bundle.metadata),
        flavor=dict(bundle.flavor),
    )


def revision_of(row: Columns) -> Revision:
    """The revision of a row."""
    specification = Specification.model_validate(row.specification)
    return Revision(
        row.generation, row.bundle_id, row.template_set, specification, row.cause, row.created_by, row.created_at
    )


def whole_endpoint(session: Session, row: EndpointRow) -> Endpoint:
    """The endpoint of a row, with its newest revision, which are looked up."""
    revision = session.get_one(RevisionRow, (row.id, row.generation))
    return endpoint_of(row, revision, session.get_one(BundleRow, revision.bundle_id))


def endpoint_of(row: Columns, revision: Columns, bundle: Columns) -> Endpoint:
    """The endpoint of a row, with its newest revision and that one's bundle."""
    return Endpoint(
        id=row.id,
        name=row.name,
        owner=row.owner,
        created_by=row.created_by,
        namespace=row.namespace,
        created_at=row.created_at,
        last_updated_at=row.last_updated_at,
        generation=row.generation,
        deleted_at=row.deleted_at,
        observed_generation=row.observed_generation,
        status=row.status,
        conditions=[Condition(**each) for each in row.conditions],
        workers=Workers(**row.observed) if row.observed else None,
        revision=revision_of(revision),
        bundle=bundle_of(bundle),
    )


def object_of(row: Columns) -> ObjectRecord:
    """The object of a row."""
    key = ObjectKey(row.api_version, row.kind, row.namespace, row.name)
    return ObjectRecord(key, row.uid, row.filled, row.settled)


def object_values(endpoint_id: str, known: ObjectRecord) -> dict[str, str | None]:
    """The columns of an object."""
    return {
        "endpoint_id": endpoint_id,
        **known.key._asdict(),
        "uid": known.uid,
        "filled": known.filled,
        "settled": known.settled,
    }


def endpoint_values(endpoint: Endpoint) -> dict[str, Any]:
    """The columns of an endpoint of which nothing was seen yet."""
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "owner": endpoint.owner,
        "created_by": endpoint.created_by,
        "namespace": endpoint.namespace,
        "created_at": endpoint.created_at,
        "last_updated_at": endpoint.last_updated_at,
        "generation": endpoint.generation,
        "deleted_at": None,
        "observed_generation": 0,
        "status": endpoint.status,
        "conditions": [],
        "observed": {},
    }


def revision_values(endpoint_id: str, revision: Revision) -> dict[str, Any]:
    """The columns of a revision."""
    return {
        "endpoint_id": endpoint_id,
        "generation": revision.generation,
        "bundle_id": revision.bundle_id,
        "template_set": revision.template_set,
        "specification": revision.specification.model_dump(mode="json"),
        "cause": revision.cause,
        "created_by": revision.created_by,
        "created_at": revision.created_at,
    }
