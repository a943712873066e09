"""The Pod Security level that a chart claims for its own pods."""

from __future__ import annotations

from collections.abc import Sequence

from helm_nested.checking.model import Level
from helm_nested.kubernetes.document_part import map_of
from nested_templates.yaml_documents import Document


def claimed_level(documents: Sequence[Document], annotation: str | None) -> Level | None:
    """The Pod Security level that an annotation of one of the objects claims."""
    levels: dict[str, Level] = {"privileged": "privileged", "baseline": "baseline", "restricted": "restricted"}
    for document in documents:
        level = map_of(map_of(document.get("metadata")).get("annotations")).get(annotation)
        if level in levels:
            return levels[level]
    return None
