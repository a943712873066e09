"""Bundles and sets of templates: recorded once, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from temporal_endpoints.errors import NotRecordedError
from temporal_endpoints.identifier import BUNDLE, new_identifier
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import User
from temporal_endpoints.records.model import Bundle
from temporal_endpoints.records.rows import bundle_of, bundle_row
from temporal_endpoints.records.tables import BUNDLES, BundleRow, TemplateSetRow

_BUNDLE = select(BUNDLES).where(BUNDLES.c.id == bindparam("bundle_id"))


class Bundles:
    """The bundles of a database, each seen by its owner alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, bundle: Bundle) -> Bundle:
        """Record a new bundle; others of the same name stay."""
        row = bundle_row(bundle)
        with self._database.write() as session:
            session.add(row)
        return bundle_of(row)

    def get(self, owner: str, bundle_id: str) -> Bundle:
        """One bundle.

        Raises:
            NotRecordedError: there is none of that id, or it is another owner's.
        """
        with self._database.look() as connection:
            row = connection.execute(_BUNDLE, {"bundle_id": bundle_id}).one_or_none()
            if row is None or row.owner != owner:
                raise NotRecordedError("The specified model bundle could not be found.")
            return bundle_of(row)

    def find(self, owner: str, name: str | None = None, limit: int | None = None, offset: int = 0) -> Sequence[Bundle]:
        """The owner's bundles, the newest first."""
        query = select(BundleRow).where(BundleRow.owner == owner)
        if name is not None:
            query = query.where(BundleRow.name == name)
        with self._database.read() as session:
            ordered = query.order_by(BundleRow.created_at.desc(), BundleRow.id.desc()).offset(offset).limit(limit)
            return [bundle_of(row) for row in session.scalars(ordered)]

    def latest(self, owner: str, name: str) -> Bundle:
        """The newest bundle of that name.

        Raises:
            NotRecordedError: the owner has none.
        """
        found = self.find(owner, name, limit=1)
        if not found:
            raise NotRecordedError("The specified model bundle could not be found.")
        return found[0]


class TemplateSets:
    """The texts that charts have brought, by digest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # What was recorded last: nearly every endpoint is made from the same texts.
        self._last: tuple[Mapping[str, str], str] = ({}, "")

    def record(self, texts: Mapping[str, str]) -> str:
        """The digest of these texts, which are recorded from now on."""
        known, digest = self._last
        if not digest or texts != known:
            digest = digest_of_texts(texts)
            self._record(texts, digest)
            self._last = (dict(texts), digest)
        return digest

    def _record(self, texts: Mapping[str, str], digest: str) -> None:
        if self.texts(digest) is None:
            row = TemplateSetRow(digest=digest, texts=dict(texts), created_at=datetime.now(UTC))
            try:
                with self._database.write() as session:
                    session.add(row)
            except IntegrityError:
                pass  # another process was faster

    def texts(self, digest: str) -> Mapping[str, str] | None:
        """The texts of that digest, if they are recorded."""
        with self._database.read() as session:
            row = session.get(TemplateSetRow, digest)
            return None if row is None else row.texts


def new_bundle(
    user: User, name: str, *, schema_location: str | None, metadata: Mapping[str, Any], flavor: Mapping[str, Any]
) -> Bundle:
    """A bundle of this user with an id of its own; it is not recorded yet."""
    return Bundle(
        id=new_identifier(BUNDLE),
        name=name,
        owner=user.owner,
        created_by=user.name,
        created_at=datetime.now(UTC),
        schema_location=schema_location,
        metadata=metadata,
        flavor=flavor,
    )


def digest_of_texts(texts: Mapping[str, str]) -> str:
    """The digest of a set of templates: the same keys and texts have the same one."""
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
