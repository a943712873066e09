"""Parts of documents that may be missing, null or of a wrong type: what is no map or list counts as an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def map_of(value: object) -> dict[Any, Any]:
    """The value if it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def maps_in(value: object, path: str) -> Iterator[tuple[str, dict[Any, Any]]]:
    """Every map in the list at that path, with its own path."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            if isinstance(each, dict):
                yield f"{path}[{number}]", each


def text_of(value: object) -> str | None:
    """The value if it is a text with something in it, else None."""
    return value if isinstance(value, str) and value else None


def whole_number_of(value: object) -> int | None:
    """The value if it is a whole number, else None; to Python a boolean is one too."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def what(value: object) -> str:
    """What kind of value it is, in YAML's words."""
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", dict: "a map", list: "a list"}.get(
        type(value), f"a {type(value).__name__}"
    )
