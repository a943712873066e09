"""The records: what everything else follows from, in SQLite or PostgreSQL."""
