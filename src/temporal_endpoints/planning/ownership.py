"""What of a live object is ours: by its fields, its label, and the manager that the server notes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temporal_endpoints.planning.documents import LABEL, Document, canonical

_ABSENT = "\0absent"
# What tells the items of a list of maps apart, as the server merges them; a list without is one value.
_ITEM_KEYS = ("mountPath", "name")


@dataclass(frozen=True)
class Managers:
    """The names under which the server notes which fields are ours.

    `hold` keeps the number of replicas while no one else owns it: see `plan`. `marks` writes on pods what they run.
    """

    main: str
    hold: str
    marks: str

    @classmethod
    def of(cls, installation: str) -> Managers:
        """Those of an installation: two of them in one namespace leave each other's objects alone."""
        name = f"temporal-endpoints-{installation}"
        return cls(name, f"{name}-hold", f"{name}-marks")


def filled_digest(document: Document) -> str:
    """The digest of a document as it was filled."""
    return _digest(document)


def settled_digest(document: Document, live: Mapping[str, Any]) -> str:
    """The digest of what the server made of the document's fields, whatever else is in the live object."""
    return _digest(_projected(document, live))


def uid_of(live: Mapping[str, Any]) -> str:
    """The identity of a live object: another one of the same name has another."""
    return str(live["metadata"]["uid"])


def version_of(live: Mapping[str, Any]) -> str:
    """The resource version of a live object: it is another one after each change."""
    return str(live["metadata"]["resourceVersion"])


def is_terminating(live: Mapping[str, Any]) -> bool:
    """Whether the object is going to vanish: it takes every apply, and keeps none."""
    return live["metadata"].get("deletionTimestamp") is not None


def is_ours(live: Mapping[str, Any], endpoint_id: str, managers: Managers) -> bool:
    """Whether this installation made the object for this endpoint: a label alone could be anybody's."""
    labels = live["metadata"].get("labels") or {}
    return labels.get(LABEL) == endpoint_id and any(entry.get("manager") == managers.main for entry in _entries(live))


def owns_replicas(live: Mapping[str, Any], managers: Managers) -> bool:
    """Whether the number of replicas is ours alone, so that it would go when we leave it out."""
    owners = [
        entry.get("manager")
        for entry in _entries(live)
        if "f:replicas" in (((entry.get("fieldsV1") or {}).get("f:spec")) or {})
    ]
    return owners == [managers.main]


def annotations_of(live: Mapping[str, Any], manager: str) -> set[str]:
    """The annotations that the server notes as written by this manager."""
    return _written(live, manager, "f:annotations")


def labels_of(live: Mapping[str, Any], manager: str) -> set[str]:
    """The labels that the server notes as written by this manager."""
    return _written(live, manager, "f:labels")


def _written(live: Mapping[str, Any], manager: str, field: str) -> set[str]:
    return {
        name.removeprefix("f:")
        for entry in _entries(live)
        if entry.get("manager") == manager
        for name in ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(field) or {}
    }


def _entries(live: Mapping[str, Any]) -> list[dict[str, Any]]:
    return live["metadata"].get("managedFields") or []


def _projected(document: object, live: object) -> object:
    if isinstance(document, dict) and isinstance(live, dict):
        return {key: _projected(value, live.get(key, _ABSENT)) for key, value in document.items()}
    if isinstance(document, list) and isinstance(live, list):
        key = next((each for each in _ITEM_KEYS if _tells_apart(document, each) and _tells_apart(live, each)), None)
        if key is None:
            return live
        items = {item[key]: item for item in live}
        return [_projected(item, items.get(item[key], _ABSENT)) for item in document]
    return live


def _tells_apart(items: list[Any], key: str) -> bool:
    if not items or not all(isinstance(item, dict) and isinstance(item.get(key), str) for item in items):
        return False
    return len({item[key] for item in items}) == len(items)


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()
