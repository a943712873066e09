"""The user's own dialect: a function that takes a template's text and the arguments, and gives the filled text."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from nested_templates.dialect.protocol import MissingArgumentError
from nested_templates.errors import FillError


class _Arguments(dict[str, object]):
    """All arguments; one that is not there is told as it is in every dialect."""

    def __missing__(self, name: str) -> object:
        raise MissingArgumentError(name, None)


class FunctionDialect:
    """A function under the name it has in the configuration; what it takes from the arguments is its own affair."""

    native = True

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self._name = name
        self._function = function

    @property
    def name(self) -> str:
        """The function as the configuration names it."""
        return self._name

    def placeholders(self, text: str, where: str) -> None:  # noqa: ARG002 - the same shape as every dialect
        """None: only the function knows."""
        return

    def written(self, name: str) -> str:
        """The name alone: only the function knows what stands around it."""
        return name

    def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:
        """What the function makes of the text.

        Raises:
            MissingArgumentError: it takes an argument that is not there.
            FillError: it fails, or gives no text.
        """
        try:
            filled = self._function(text, _Arguments(arguments))
        except MissingArgumentError:
            raise
        except (Exception, SystemExit) as error:
            raise FillError(
                f"{where}: {self._name} failed{_place(error)}: {type(error).__name__}: {error}. "
                "Correct the function, or the template."
            ) from error
        if not isinstance(filled, str):
            raise FillError(
                f"{where}: {self._name} returned a {type(filled).__name__}, not a text. "
                "End the function with 'return' and the filled text."
            )
        return str(filled)


def _place(error: BaseException) -> str:
    """Where in the user's own files an exception came from, if anywhere."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    if not frames:
        return ""
    # Below its own file are those of libraries, where the fault is not.
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f" in {own[-1].filename}, line {own[-1].lineno}"
