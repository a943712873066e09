"""The dialect `string-template`: `${NAME}` or `$NAME` is a placeholder, `$$` a dollar sign (PEP 292)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from string import Template

from helm_nested.errors import FillError


@dataclass(frozen=True)
class Placeholder:
    """One place where an argument goes, and the line of the template it stands in (from 1)."""

    name: str
    line: int


Segment = str | Placeholder


@lru_cache(maxsize=4096)
def parse(text: str, where: str) -> tuple[Segment, ...]:
    """The template as literal texts and placeholders, in order.

    Raises:
        FillError: a `$` that starts no placeholder; `where` names the template.
    """
    return tuple(_segments(text, where))


def _segments(text: str, where: str) -> Iterator[Segment]:
    literal: list[str] = []
    end = 0
    for match in Template.pattern.finditer(text):
        literal.append(text[end : match.start()])
        end = match.end()
        line = text.count("\n", 0, match.start()) + 1
        if match["invalid"] is not None:
            shown = text.split("\n")[line - 1].strip()
            raise FillError(
                f"{where}, line {line}: a lone '$' starts no placeholder:\n    {shown}\n"
                "Write '$$' for a dollar sign, or '${NAME}' for a placeholder."
            )
        if match["escaped"] is not None:
            literal.append("$")
            continue
        if any(literal):
            yield "".join(literal)
        literal = []
        yield Placeholder(match["named"] or match["braced"], line)
    literal.append(text[end:])
    if any(literal):
        yield "".join(literal)
