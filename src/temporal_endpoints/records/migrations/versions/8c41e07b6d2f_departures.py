"""What Temporal is to forget of deleted endpoints.

Revision ID: 8c41e07b6d2f
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8c41e07b6d2f"
down_revision: str | None = "3f6c1a9d52b7"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "departures",
        sa.Column("endpoint_id", sa.String, primary_key=True),
        sa.Column("namespace", sa.String),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Remove it: what Temporal still knows stays there."""
    op.drop_table("departures")
