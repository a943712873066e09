"""The dialect `string-template`: `${NAME}` or `$NAME` is a placeholder, `$$` a dollar sign (PEP 292)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from string import Template

from nested_templates.dialect.protocol import MissingArgumentError, Placeholder
from nested_templates.errors import FillError

Segment = str | Placeholder


class StringTemplateDialect:
    """`${NAME}`, each placeholder replaced by its argument's text."""

    name = "string-template"
    native = False

    def placeholders(self, text: str, where: str) -> Sequence[Placeholder]:
        """Every placeholder.

        Raises:
            FillError: see `parse`.
        """
        return [segment for segment in parse(text, where) if isinstance(segment, Placeholder)]

    def written(self, name: str) -> str:
        """How a placeholder of that name is written."""
        return f"${{{name}}}"

    def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:
        """The template filled.

        Raises:
            MissingArgumentError: a placeholder has no argument.
            FillError: see `parse`.
        """
        return "".join(
            _spliced(segment, arguments) if isinstance(segment, Placeholder) else segment
            for segment in parse(text, where)
        )


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


def _spliced(placeholder: Placeholder, arguments: Mapping[str, object]) -> str:
    if placeholder.name not in arguments:
        raise MissingArgumentError(placeholder.name, placeholder.line)
    return str(arguments[placeholder.name])
