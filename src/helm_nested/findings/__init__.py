"""Findings: what failed, grouped, and explained by the choices that make it fail."""
