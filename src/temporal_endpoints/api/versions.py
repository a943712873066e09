"""What an endpoint with versions may ask for, and what may not change about it."""

from __future__ import annotations

from temporal_endpoints.arguments import BUILD, DEPLOYMENT
from temporal_endpoints.errors import RefusedError
from temporal_endpoints.records.model import Bundle
from temporal_endpoints.specification import Specification


def require_possible_versions(asked: Specification, bundle: Bundle, *, has_versions: bool) -> None:
    """Refuse versions that nobody could look after, or that a bundle sets itself.

    Args:
        asked: what is asked for.
        bundle: what its workers run.
        has_versions: whether this control plane sees Temporal.

    Raises:
        RefusedError: it says what to do.
    """
    if asked.versioning == "none":
        if asked.ramp:
            raise RefusedError(
                "ramp is for endpoints with versions, and this one has none. Make one with versioning: current, or "
                "leave ramp out."
            )
        return
    if not has_versions:
        raise RefusedError(
            "versioning needs a control plane that sees Temporal, and this one does not. Start it with "
            "--temporal-address, or leave versioning out."
        )
    own = sorted({BUILD, DEPLOYMENT} & (bundle.flavor.get("env") or {}).keys())
    if own:
        raise RefusedError(
            f"{', '.join(own)} is set by the control plane where there are versions. Leave it out of env."
        )


def require_unchanged(before: Specification, after: Specification) -> None:
    """Refuse an update that would leave work behind that no worker takes.

    Raises:
        RefusedError: it says what to do.
    """
    if before.versioning != after.versioning:
        raise RefusedError(
            f"versioning is {before.versioning!r} since the endpoint was made, and cannot change. Make another "
            "endpoint of the same queue, and delete this one when the other is READY."
        )
    if after.versioning != "none" and before.temporal_task_queue != after.temporal_task_queue:
        raise RefusedError(
            "temporal_task_queue of an endpoint with versions cannot change, as older builds still work on it. Make "
            "another endpoint."
        )
