"""What stands in a template's text around its dollar signs and braces (PEP 292)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from string import Template
from typing import Literal

from nested_templates.dialect import STRING_TEMPLATE
from nested_templates.service_template import ServiceTemplate

# An unquoted upper-case name is what people write for a placeholder; `$(date)` and `{{ .Values.x }}` mean something.
_UPPER_CASE = re.compile(r"[A-Z][A-Z0-9_]*")
_LIKE_DOLLAR = re.compile(
    r"\$(?:\{\{?[^{}\n]*\}?\}|[ \t]+\{[ \t]*(?P<apart>\w+)[ \t]*\}|\([ \t]*(?P<round>\w+)[ \t]*\))", re.ASCII
)
_LIKE_BRACES = re.compile(r"\{\{-?[ \t]*(?P<name>\w+)[ \t]*-?\}\}", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dollar:
    """One dollar sign that is not doubled: the name it is for, its text (a lone one's is its line), and its line."""

    kind: Literal["braced", "named", "misspelt", "lone"]
    name: str
    text: str
    line: int


def dollars(template: ServiceTemplate, known: Container[str]) -> Iterator[Dollar]:
    """Every dollar sign that is not doubled, and `{{NAME}}` as a misspelt placeholder; `known` are the contract's.

    None in a template of another dialect, where a dollar sign is a character like any other.
    """
    if template.dialect is not STRING_TEMPLATE:
        return
    text, taken = template.text, 0
    for match in Template.pattern.finditer(text):
        start = match.start()
        yield from _braces(text, taken, start, known)
        taken = match.end()
        if match["escaped"] is not None:
            continue
        line = text.count("\n", 0, start) + 1
        if match["braced"] is not None:
            yield Dollar("braced", match["braced"], match[0], line)
        elif match["named"] is not None:
            yield Dollar("named", match["named"], match[0], line)
        else:
            like = _LIKE_DOLLAR.match(text, start)
            name = (like["apart"] or like["round"]) if like else None
            if like and (name is None or _is_meant(name, known)):
                taken = like.end()
                inner = _NAME.search(like[0])
                yield Dollar("misspelt", name or (inner[0] if inner else ""), like[0], line)
            else:
                yield Dollar("lone", "", text.split("\n")[line - 1].strip(), line)
    yield from _braces(text, taken, len(text), known)


def _braces(text: str, start: int, end: int, known: Container[str]) -> Iterator[Dollar]:
    for match in _LIKE_BRACES.finditer(text, start, end):
        if _is_meant(match["name"], known):
            yield Dollar("misspelt", match["name"], match[0], text.count("\n", 0, match.start()) + 1)


def _is_meant(name: str, known: Container[str]) -> bool:
    return name in known or _UPPER_CASE.fullmatch(name) is not None
