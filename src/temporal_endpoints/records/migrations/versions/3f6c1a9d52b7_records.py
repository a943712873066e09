"""The first tables.

Revision ID: 3f6c1a9d52b7
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "3f6c1a9d52b7"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

# Six hexadecimal digits tell 16 million installations apart; those of one namespace are a handful.
_NAME_BYTES = 3


def upgrade() -> None:
    """Make them, and name this installation."""
    moment = sa.DateTime(timezone=True)
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String, nullable=False),
    )
    op.bulk_insert(installation, [{"id": 1, "name": secrets.token_hex(_NAME_BYTES)}])
    leader = op.create_table(
        "leader",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
    )
    op.bulk_insert(leader, [{"id": 1, "token": 0, "holder": "", "expires_at": 0.0}])
    op.create_table(
        "bundles",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("schema_location", sa.String),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("flavor", sa.JSON, nullable=False),
    )
    op.create_index("bundles_by_name", "bundles", ["owner", "name", "created_at"])
    op.create_table(
        "template_sets",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("namespace", sa.String, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_updated_at", moment, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("deleted_at", moment),
        sa.Column("observed_generation", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("conditions", sa.JSON, nullable=False),
        sa.Column("observed", sa.JSON, nullable=False),
    )
    living = sa.text("deleted_at IS NULL")
    op.create_index(
        "endpoints_by_name", "endpoints", ["owner", "name"], unique=True, sqlite_where=living, postgresql_where=living
    )
    op.create_index("endpoints_by_owner", "endpoints", ["owner", "created_at"])
    op.create_table(
        "revisions",
        sa.Column("endpoint_id", sa.String, sa.ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("bundle_id", sa.String, sa.ForeignKey("bundles.id"), nullable=False),
        sa.Column("template_set", sa.String, sa.ForeignKey("template_sets.digest"), nullable=False),
        sa.Column("specification", sa.JSON, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_table(
        "objects",
        sa.Column("endpoint_id", sa.String, sa.ForeignKey("endpoints.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("api_version", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("namespace", sa.String, nullable=False),
        sa.Column("uid", sa.String),
        sa.Column("filled", sa.String),
        sa.Column("settled", sa.String),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("endpoint_id", sa.String, sa.ForeignKey("endpoints.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("ix_events_endpoint_id", "events", ["endpoint_id"])


def downgrade() -> None:
    """Remove them, with all that is recorded."""
    for table in ("events", "objects", "revisions", "endpoints", "template_sets", "bundles", "leader", "installation"):
        op.drop_table(table)
