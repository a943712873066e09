"""What a request makes of an endpoint: the revision that is asked for, and the documents that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temporal_endpoints.api.labels import require_labels
from temporal_endpoints.api.requests import UpdateRequest
from temporal_endpoints.api.resources import require_possible
from temporal_endpoints.api.versions import require_possible_versions, require_unchanged
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.records.endpoints import Change
from temporal_endpoints.records.model import Bundle, Endpoint, ObjectKey, Revision
from temporal_endpoints.specification import Specification, Surroundings

# What a specification has of a request under the same name.
FIELDS = Specification.model_fields.keys() - {"surroundings", "restarted_at", "labels"}


def revised(before: Endpoint, asked: Specification, bundle: Bundle, cause: str) -> Endpoint:
    """The endpoint as it would be after a change; its templates are named by who records it."""
    changes: dict[str, Any] = {"generation": before.generation + 1, "specification": asked, "cause": cause}
    return replace(before, revision=replace(before.revision, **changes), bundle=bundle)


def rolled_back(before: Endpoint, older: Revision) -> Change:
    """The change to an older generation; a ramp that was stopped is not to go on by this."""
    ramp = {"ramp": before.specification.ramp, "ramp_seconds": before.specification.ramp_seconds}
    cause = f"rollback to generation {older.generation}"
    return Change(older.specification.model_copy(update=ramp), older.bundle_id, older.template_set, cause)


def restarted(
    before: Endpoint, texts: Mapping[str, str], surroundings: Surroundings
) -> tuple[Mapping[ObjectKey, Document], Specification]:
    """The documents after a restart now, from these templates, and what is asked for by then.

    Raises:
        RefusedError: the endpoint cannot be filled into the templates.
    """
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    asked = before.specification.model_copy(update={"restarted_at": moment, "surroundings": surroundings})
    return documents_of(revised(before, asked, before.bundle, "restart"), texts), asked


def updated(
    before: Endpoint, texts: Mapping[str, str], request: UpdateRequest, bundle: Bundle | None
) -> tuple[Mapping[ObjectKey, Document], Change]:
    """The documents after an update, and the change that leads to them.

    Raises:
        RefusedError: what would be asked for is not possible.
    """
    given = request.model_dump(exclude_none=True)
    asked = before.specification.model_copy(update={name: given[name] for name in FIELDS if name in given})
    if given.get("gpus") == 0 and request.gpu_type is None:
        asked = asked.model_copy(update={"gpu_type": None})
    if request.labels is not None:
        require_labels(request.labels)
        asked = asked.model_copy(update={"labels": {**before.specification.labels, **request.labels}})
    require_possible(asked)
    require_unchanged(before.specification, asked)
    used = bundle or before.bundle
    require_possible_versions(asked, used, has_versions=True)
    documents = documents_of(revised(before, asked, used, "update"), texts)
    return documents, Change(asked, used.id, before.revision.template_set, "update")
