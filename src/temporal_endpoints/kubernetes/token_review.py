"""Whose a token is, as Kubernetes says."""

from __future__ import annotations

from collections.abc import Callable

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.kubernetes.client import Kubernetes, RefusedByServerError, UnreachableError


def reviewing(kubernetes: Kubernetes) -> Callable[[str], str | None]:
    """Tells the name of the user whose token it is; None if it is nobody's.

    It raises a RecordsError if Kubernetes does not say: that is no fault of who asks.
    """

    def review(token: str) -> str | None:
        try:
            return kubernetes.user_of(token)
        except (UnreachableError, RefusedByServerError) as error:
            raise RecordsError(f"Kubernetes does not say whose the token is: {error}. Try again.") from error

    return review
