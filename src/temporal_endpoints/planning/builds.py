"""All builds of an endpoint that the cluster is to hold: the newest one, and older ones that may still have work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.planning.drains import held
from temporal_endpoints.records.model import Endpoint, ObjectKey, Snapshot

Fill = Callable[[Endpoint, Mapping[str, str]], dict[ObjectKey, Document]]


def documents_of_builds(
    snapshot: Snapshot, retired: Collection[str], *, hold: bool, fill: Fill = documents_of
) -> dict[ObjectKey, Document]:
    """What the cluster is to hold of an endpoint, the newest build first.

    Args:
        snapshot: the endpoint as it is recorded.
        retired: the builds that have no work any more; if they are older ones their objects go.
        hold: whether drains of nodes are to leave busy workers alone.
        fill: tells the documents of one build.

    Raises:
        RefusedError, ContractError, FillError, DocumentError: as `documents_of`.
    """
    kept = [(endpoint, texts) for endpoint, texts in snapshot.older if endpoint.build not in retired]
    documents: dict[ObjectKey, Document] = {}
    for endpoint, texts in ((snapshot.endpoint, snapshot.texts), *kept):
        documents |= held(fill(endpoint, texts), hold=hold)
    return documents
