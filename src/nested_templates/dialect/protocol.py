"""What a dialect is: the way in which a service template is filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Placeholder:
    """One place where an argument goes, and the line of the template it stands in (from 1)."""

    name: str
    line: int


class MissingArgumentError(KeyError):
    """A template asks for an argument that it is not given; `line` is None where that cannot be told."""

    # A KeyError, so that a function of the user's own may catch it as what it is: a key that is not in a dict.
    def __init__(self, name: str, line: int | None) -> None:
        super().__init__(name)
        self.name = name
        self.line = line


class Dialect(Protocol):
    """One way to fill templates; `native` says whether arguments come as objects, or as texts an encoder made."""

    @property
    def name(self) -> str:
        """The dialect as the configuration calls it."""

    @property
    def native(self) -> bool:
        """Whether arguments are given as they are, and not as text."""

    def placeholders(self, text: str, where: str) -> Sequence[Placeholder] | None:
        """What the template asks for, in order; None if that cannot be told, so that it may be anything.

        Raises:
            FillError: the text is no template of this dialect; `where` names it.
        """

    def written(self, name: str) -> str:
        """How a placeholder of that name is written."""

    def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:
        """The template filled.

        Raises:
            MissingArgumentError: it asks for an argument that is not there.
            FillError: it cannot be filled for another reason; `where` names it.
        """
