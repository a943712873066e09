"""Where service templates sit in a rendered object, by path: what is there, or why nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nested_templates.document_path import PathError, Step, join, parse
from nested_templates.errors import ConfigurationError, DocumentError
from nested_templates.suggestion import did_you_mean

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Match:
    """One value that a path leads to, and where it is."""

    location: Location
    value: object


@dataclass(frozen=True)
class TemplatePath:
    """A path of the configuration, and its steps."""

    text: str
    steps: tuple[Step, ...]

    def find(self, document: dict[Any, Any], owner: str) -> list[Match]:
        """Everything the path leads to; nothing if a wildcard is over nothing.

        Raises:
            DocumentError: the path leads nowhere; `owner` names the object.
        """
        found = [Match((), document)]
        for step in self.steps:
            further: list[Match] = []
            complaint = ""
            for match in found:
                taken = _take(match, step)
                if isinstance(taken, str):
                    complaint = complaint or taken
                else:
                    further += taken
            # One entry of several may lack what others have, not all of them.
            if not further and complaint:
                raise DocumentError(
                    f"{owner}: the path {self.text} leads nowhere: {complaint} "
                    "Correct 'path' in the configuration, or the chart."
                )
            found = further
        return found


def parse_path(text: str, where: str) -> TemplatePath:
    """The path that a text says; `where` names its place in the configuration.

    Raises:
        ConfigurationError: it is no path, or one that searches.
    """
    try:
        return TemplatePath(text, parse(text))
    except PathError as error:
        raise ConfigurationError(
            f"{where}: {error}. A path is made of names with a dot between them, of ['name'] and [0], and of [*] or .* "
            "for every entry, for example spec.templates[*].body."
        ) from error


def _take(match: Match, step: Step) -> list[Match] | str:
    """One step further, or why there is none."""
    value, here = match.value, join("", match.location) or "the object"
    if step is None:
        if value is not None and not isinstance(value, dict | list):
            return f"{here} is a {type(value).__name__}, and holds nothing."
        return [Match((*match.location, key), each) for key, each in _entries(value)]
    if isinstance(step, int):
        if not isinstance(value, list):
            return f"{here} is a {type(value).__name__}, not a list."
        if step >= len(value):
            return f"{here} has {len(value)} entries{f', the last being [{len(value) - 1}]' if value else ''}."
        return [Match((*match.location, step), value[step])]
    if not isinstance(value, dict):
        return f"{here} is a {type(value).__name__}, not a map."
    if step not in value:
        return f"{here} has no {step!r}. {did_you_mean(step, map(str, value))}".rstrip()
    return [Match((*match.location, step), value[step])]


def _entries(value: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(value, dict):
        yield from ((str(key), each) for key, each in value.items())
    elif isinstance(value, list):
        yield from enumerate(value)
