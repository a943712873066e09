"""A look at all of a document at once, so that a check walks through it with paths only where there is something."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Survey:
    """Every text of a document, keys among them, and whether JSON can carry all of it."""

    texts: AbstractSet[str]
    is_json: bool

    @cached_property
    def joined(self) -> str:
        """All of the texts in one, a NUL before and after each, so that one search looks through them."""
        return "\0".join(("", *self.texts, ""))


def survey(document: object) -> Survey:
    """What is in the document, wherever it stands."""
    texts: set[str] = set()
    is_json = True
    parts = [document]
    while parts:
        part = parts.pop()
        kind = type(part)
        if kind is str:
            texts.add(part)  # type: ignore[arg-type]
        elif kind is dict:
            for key, value in part.items():  # type: ignore[attr-defined]
                if type(key) is str:
                    texts.add(key)
                else:
                    is_json = False
                if type(value) is str:
                    texts.add(value)
                else:
                    parts.append(value)
        elif kind is list:
            parts += part  # type: ignore[arg-type]
        elif kind is float:
            is_json = is_json and math.isfinite(part)  # type: ignore[arg-type]
        elif part is not None and kind is not int and kind is not bool:
            is_json = False
    return Survey(texts, is_json)
