"""A field as Kubernetes writes it, like `metadata.labels[example.com/team]`, found in a document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nested_templates.document_path import join

_OF_DATA = re.compile(r"data\[(.+)\]")
_NAME = re.compile(r"[^.\[]+")


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """The steps of the field that are there, and what a message says first of the part that is missing."""

    steps: tuple[str | int, ...]
    missing: str

    @property
    def path(self) -> str:
        """The path of what is there."""
        return join("", self.steps)

    @property
    def parent(self) -> str:
        """The path above it."""
        return join("", self.steps[:-1])


def located(field: str, document: object) -> FieldPlace:
    """The nearest place in the document to that field."""
    steps: tuple[str | int, ...] = ()
    part: Any = document
    rest = field.removeprefix(".")
    # Kubernetes has the texts of a Secret among its data.
    of_data = _OF_DATA.fullmatch(rest)
    if of_data and isinstance(document, dict) and _has(document.get("stringData"), of_data[1]):
        rest = f"stringData[{of_data[1]}]"
    while rest and rest != "<nil>":
        for key, left in _steps(rest, part):
            if _has(part, key):
                part, steps, rest = part[key], (*steps, key), left
                break
        else:
            return FieldPlace(steps, f"{rest}: ")
    return FieldPlace(steps, "")


def _steps(rest: str, part: object) -> Iterator[tuple[str | int, str]]:
    """Every key that the text may begin with, and what is left then: a key in brackets may hold brackets and dots."""
    if rest.startswith("["):
        for match in re.finditer(r"\](?=$|[.\[])", rest):
            written, left = rest[1 : match.start()], rest[match.end() :].removeprefix(".")
            yield (int(written) if isinstance(part, list) and written.isdecimal() else written), left
        return
    # A decoding error writes a key of a map like a field, though it may hold dots.
    keys = sorted(part, key=lambda key: -len(str(key))) if isinstance(part, dict) else []
    for key in keys:
        if isinstance(key, str) and rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", ".", "["):
            yield key, rest[len(key) :].removeprefix(".")
    name = _NAME.match(rest)
    if name:
        left = rest[name.end() :].removeprefix(".")
        yield name[0], left
        # Here and there Kubernetes' code writes a field as Go has it: LoadBalancerSourceRanges, HostPID, Spec.
        yield name[0][:1].lower() + name[0][1:], left


def _has(part: object, key: str | int) -> bool:
    if isinstance(part, list):
        return isinstance(key, int) and key < len(part)
    return isinstance(part, dict) and key in part
