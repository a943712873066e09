"""Label selectors: which labels they ask for, and whether a set of labels has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from nested_templates.document_path import step


def unmet(selector: Mapping[Any, Any], path: str, labels: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Every requirement of the selector at that path that the labels do not meet: its path, and what was expected."""
    yield from unmet_map(map_of(selector.get("matchLabels")), f"{path}.matchLabels", labels)
    for place, expression in maps_in(selector.get("matchExpressions"), f"{path}.matchExpressions"):
        key, operator, values = expression.get("key"), expression.get("operator"), list_of(expression.get("values"))
        if not isinstance(key, str):
            continue
        if operator == "In" and (key not in labels or labels[key] not in values):
            yield place, f"{key} in {values}"
        if operator == "NotIn" and key in labels and labels[key] in values:
            yield place, f"{key} not in {values}"
        if operator == "Exists" and key not in labels:
            yield place, f"{key} is set"
        if operator == "DoesNotExist" and key in labels:
            yield place, f"{key} is not set"


def unmet_map(wanted: Mapping[Any, Any], path: str, labels: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """The same for a plain map of labels."""
    for key, value in wanted.items():
        if key not in labels or labels[key] != value:
            yield step(path, key), f"{key}: {value}"
