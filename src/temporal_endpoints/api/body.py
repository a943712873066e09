"""What every request's body keeps to: JSON that a database and every reader can hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from nested_templates.argument_value import has_utf8
from temporal_endpoints.api.json_body import DoubleKeyed

# Deeper ones could be read here, and be too deep for who reads the record.
_MOST_DEPTH = 64
_SHOWN_CHARACTERS = 80


class Body(BaseModel):
    """A request's body; unknown fields are ignored, as Launch does."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, data: Any) -> Any:  # noqa: ANN401 - any JSON
        for fault in _faults(data):
            raise ValueError(fault)
        return data


def is_keepable(text: str) -> bool:
    """Whether a text has neither U+0000, which no database holds, nor half characters, which no UTF-8 does."""
    return "\0" not in text and has_utf8(text)


def _faults(value: object, place: str = "", depth: int = 0) -> Iterator[str]:
    where = f"{place}: " if place else ""
    if isinstance(value, dict | list) and depth > _MOST_DEPTH:
        top = place.partition(".")[0]
        yield f"{top}: lists and maps stand in one another more than {_MOST_DEPTH} deep; write them flatter"
    elif isinstance(value, DoubleKeyed):
        yield f"{where}the key {value.key[:_SHOWN_CHARACTERS]!r} stands twice; remove one"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _faults(key, place)
            yield from _faults(each, f"{place}.{key}" if place else str(key), depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _faults(each, f"{place}[{number}]", depth + 1)
    elif isinstance(value, str) and not is_keepable(value):
        yield f"{where}a text holds U+0000 or half a character, which nothing can keep; leave it out"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{where}a number is not finite, which is no JSON; write a finite one"
