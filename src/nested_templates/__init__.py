"""Fills templates that sit inside Kubernetes objects, and holds their arguments to a contract."""

__version__ = "0.1.0"
