"""Runs Temporal activity workers on Kubernetes: what is recorded is what the cluster is brought to, and kept at."""

__version__ = "0.1.0"
