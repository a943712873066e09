"""The HTTP API: Launch's routes, names and codes for temporal endpoints."""
