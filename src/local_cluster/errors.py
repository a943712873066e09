"""What can go wrong with a cluster on this machine."""

from __future__ import annotations


class ClusterError(Exception):
    """The cluster could not do what was asked; the text says what, where and what to do."""


class ApiError(ClusterError):
    """The API server refused a request; `message` holds its own words."""

    def __init__(self, status: int, reason: str, message: str, request: str) -> None:
        super().__init__(f"{request}: {status} {reason}: {message}")
        self.status, self.reason, self.message = status, reason, message
