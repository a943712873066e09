"""Values that YAML knows and JSON does not: Kubernetes gets JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from nested_templates.document_path import step


def json_faults(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Everything that no JSON can carry, with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            place = step(path, key)
            if not isinstance(key, str):
                yield place, f"the key {key!r} is a {type(key).__name__}, not a text; put it in quotes"
            yield from json_faults(each, place)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from json_faults(each, step(path, number))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"{value} is not a number that JSON knows; put it in quotes"
    elif value is not None and not isinstance(value, str | bool | int | float):
        yield path, f"{value} is a {type(value).__name__}, which JSON does not know; put it in quotes"


def as_json(value: object) -> Any:  # noqa: ANN401 - a parsed document is Any
    """The value with what JSON does not know made text."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)
