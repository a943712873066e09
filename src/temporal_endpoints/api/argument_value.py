"""Whether a value of a request can become an argument: the contract's own rule for it, before anything is recorded."""

from __future__ import annotations

from typing import Any

from temporal_endpoints.planning.documents import contract

_SHOWN_CHARACTERS = 80


def require(argument: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    """The value, if the contract takes it.

    Raises:
        ValueError: it says what the contract wants, in its own words.
    """
    if contract().faults_of(argument, value):
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."
        raise ValueError(f"{shown} is not possible. {contract().arguments[argument].description}")
    return value
