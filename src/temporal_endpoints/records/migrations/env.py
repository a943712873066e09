"""How Alembic runs the migrations: on the connection that it is given."""

from __future__ import annotations

from alembic import context

from temporal_endpoints.records.database import VERSION_TABLE
from temporal_endpoints.records.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
# The transaction is the caller's.
context.run_migrations()
