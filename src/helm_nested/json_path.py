"""Paths to values in a rendered object: the part of JSONPath that names what is there, without searching."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.suggestion import did_you_mean

Location = tuple[str | int, ...]

_PLAIN = r"[A-Za-z_][-\w]*"
_STEP = re.compile(
    rf"""
    \.(?P<name>{_PLAIN})
    | (?P<wildcard>\.\*|\[\*\])
    | \[(?P<index>0|[1-9]\d*)\]
    | \['(?P<single>(?:[^'\\]|\\.)*)'\]
    | \["(?P<double>(?:[^"\\]|\\.)*)"\]
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True)
class Match:
    """One value that a path leads to, and where it is."""

    location: Location
    value: object


@dataclass(frozen=True)
class JsonPath:
    """A path, as steps: a name, a number, or None for every entry."""

    text: str
    steps: tuple[str | int | None, ...]

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


def parse_path(text: str, where: str) -> JsonPath:
    """The path that a text says; `where` names its place in the configuration.

    Raises:
        ConfigurationError: it is no path, or one that searches.
    """
    steps: list[str | int | None] = []
    end = 1 if text.startswith("$") else 0
    while end and end < len(text):
        match = _STEP.match(text, end)
        if match is None:
            break
        end = match.end()
        quoted = match["single"] if match["single"] is not None else match["double"]
        if match["wildcard"]:
            steps.append(None)
        elif match["index"]:
            steps.append(int(match["index"]))
        else:
            steps.append(match["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    if not end or end < len(text):
        raise ConfigurationError(
            f"{where}: {text!r} is not understood from column {end + 1} on. A path starts with '$' and goes on with "
            ".name, ['name'], [0], [*] or .*, for example $.spec.templates[*].body."
        )
    return JsonPath(text, tuple(steps))


def written(location: Location) -> str:
    """The path that leads to that place and no other."""
    return "$" + "".join(_written(step) for step in location)


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if re.fullmatch(_PLAIN, step, re.ASCII):
        return f".{step}"
    return "['" + step.replace("\\", "\\\\").replace("'", "\\'") + "']"


def _take(match: Match, step: str | int | None) -> list[Match] | str:
    """One step further, or why there is none."""
    value, here = match.value, written(match.location)
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
