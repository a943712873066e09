"""Render a Helm chart, fill the templates inside its objects, and look at what comes out."""

__version__ = "0.1.0"
