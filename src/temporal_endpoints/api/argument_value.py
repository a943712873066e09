"""Whether a value of a request can become an argument: the contract's own rule for it, before anything is kept."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from nested_templates.json_schema import DRAFT_7, JsonSchema
from temporal_endpoints.planning.documents import CONTRACT

_SHOWN_CHARACTERS = 80


def fault_of(argument: str, value: object) -> str | None:
    """Why the contract refuses this value for the argument, in its own words; None if it takes it."""
    if _rule(argument).accepts(value):
        return None
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."
    return f"{shown} is not possible. {_schema()['properties'][argument]['description']}"


def require(argument: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    """The value, if the contract takes it.

    Raises:
        ValueError: it says why not.
    """
    fault = fault_of(argument, value)
    if fault is not None:
        raise ValueError(fault)
    return value


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return found


@cache
def _rule(argument: str) -> JsonSchema:
    return JsonSchema(
        {**_schema()["properties"][argument], "definitions": _schema()["definitions"]}, default=DRAFT_7, formats=False
    )
