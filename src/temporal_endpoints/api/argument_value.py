"""Whether a value of a request can become an argument: the contract's own rule for it, before anything is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporal_endpoints.planning.documents import contract

_SHOWN_CHARACTERS = 80
# A word of a command may be a token, and what stands before an image's registry a password.
_NOT_SHOWN = {"COMMAND": "the command", "IMAGE": "the image"}


def require(argument: str, value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    """The value, if the contract takes it.

    Raises:
        ValueError: it says what the contract wants, in its own words.
    """
    if contract().faults_of(argument, value):
        shown = _NOT_SHOWN.get(argument) or _shown(value)
        raise ValueError(f"{shown} is not possible. {contract().arguments[argument].description}")
    return value


def require_variables(variables: Mapping[str, str]) -> None:
    """Refuse what no process can have in its environment.

    Raises:
        ValueError: it names the variable, but its value may be a secret.
    """
    for name, value in variables.items():
        if contract().faults_of("MAIN_ENV", [{"name": name, "value": value}]):
            # What stands after an = was meant to be the value.
            shown = _shown(name.partition("=")[0])
            raise ValueError(
                f"the variable {shown} is not possible. A name has letters, digits, `_`, `-` and `.`, and no digit "
                "first; a value has no U+0000."
            )


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."
