"""Runs Temporal activity workers in Kubernetes: one call, or one command without code of your own."""

from temporal_endpoints_worker.activities import heartbeating
from temporal_endpoints_worker.program import run_worker

__all__ = ["heartbeating", "run_worker"]
__version__ = "0.1.0"
