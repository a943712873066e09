"""Outcomes as text, JSON, JUnit XML and GitHub annotations: one module a format."""
