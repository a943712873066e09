"""Every enum and every bound of values.schema.json is the one that is meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nested_templates.yaml_documents import load_documents

from .bundle import CHART

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
(MEANT,) = load_documents((Path(__file__).parent / "limits.yaml").read_text(encoding="utf-8"), "limits.yaml")
# What the table calls each keyword of JSON Schema.
NAMES = {
    "enum": "words",
    "minimum": "least",
    "maximum": "most",
    "minLength": "shortest",
    "maxLength": "longest",
    "minItems": "fewest",
    "maxItems": "most items",
}
# Keywords that say nothing of where a value stands.
THROUGH = {"properties", "allOf", "anyOf", "oneOf"}


def limits(part: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Any]]:
    """Every limit of a schema: where, what the table calls it, and what it is."""
    if isinstance(part, list):
        # Where several rules stand together, each has its number: two may limit the same value.
        for number, each in enumerate(part, start=1):
            yield from limits(each, (*at, f"rule {number}") if len(part) > 1 else at)
    elif isinstance(part, dict):
        for keyword, value in part.items():
            if keyword in NAMES and not isinstance(value, dict):
                yield ".".join(at), NAMES[keyword], value
            yield from limits(value, at if keyword in THROUGH else (*at, keyword))


FOUND: dict[str, dict[str, Any]] = {}
for place, name, limit in limits(SCHEMA):
    FOUND.setdefault(place, {})[name] = limit


@pytest.mark.parametrize("place", sorted({*FOUND, *MEANT}))
def test_the_limit_is_the_one_that_is_meant(place: str) -> None:
    """No word more or less, and no bound that moved."""
    assert FOUND.get(place) == MEANT.get(place)
