"""Axes, their choices and the exclusions, from the matrix file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helm_nested.draft7 import Draft7
from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.suggestion import did_you_mean
from helm_nested.values import Values, merge
from helm_nested.yaml_documents import load_documents

# One byte per axis: the index of its choice.
Combination = bytes

_MOST_CHOICES = 255  # what one byte holds

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["blocks", "axes"],
    "additionalProperties": False,
    "properties": {
        "blocks": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
        "axes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["block", "choices"],
                "additionalProperties": False,
                "properties": {
                    "block": {"type": "string"},
                    "choices": {
                        "type": "object",
                        "minProperties": 2,
                        "maxProperties": _MOST_CHOICES,
                        "additionalProperties": {"type": ["object", "null"]},
                    },
                },
            },
        },
        "exclusions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["when", "reason"],
                "additionalProperties": False,
                "properties": {
                    "when": {"type": "object", "minProperties": 1},
                    "reason": {"type": "string", "minLength": 10},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Choice:
    """One possibility of an axis: a values fragment, which may set several values."""

    name: str
    values: Values


@dataclass(frozen=True)
class Axis:
    """One independent decision in the values."""

    name: str
    block: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Exclusion:
    """Choices that do not go together: per axis (its index) the indices of the choices, and why."""

    when: Mapping[int, frozenset[int]]
    reason: str

    def holds(self, row: Sequence[int]) -> bool:
        """Whether the row is one of those that are left out."""
        return all(row[axis] in choices for axis, choices in self.when.items())


@dataclass(frozen=True)
class Matrix:
    """All axes in their order, by block, and what is left out."""

    axes: tuple[Axis, ...]
    blocks: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]

    def allowed(self, row: Sequence[int]) -> bool:
        """Whether no exclusion holds for the row."""
        return not any(exclusion.holds(row) for exclusion in self.exclusions)

    def values(self, row: Sequence[int]) -> Values:
        """The fragments of the row's choices, merged in the order of the axes."""
        merged: Values = {}
        for axis, choice in zip(self.axes, row, strict=True):
            fragment = axis.choices[choice].values
            if fragment:
                merged = merge(merged, fragment)
        return merged

    def choices(self, row: Sequence[int]) -> dict[str, str]:
        """The row as names, axis by axis."""
        return {axis.name: axis.choices[choice].name for axis, choice in zip(self.axes, row, strict=True)}


def load_matrix(path: Path) -> Matrix:
    """The matrix in that file.

    Raises:
        ConfigurationError: it is missing, or says something that is not understood; the nearest known name is given.
    """
    try:
        documents = load_documents(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigurationError(
            f"no matrix at {path}: {error.strerror}. Correct 'matrix:' in the configuration."
        ) from error
    except (DocumentError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the matrix cannot be read: {error}") from error
    if len(documents) != 1:
        raise ConfigurationError(f"{path} holds {len(documents)} documents, not one map with 'blocks' and 'axes'.")
    document = documents[0]
    problems = sorted(
        f"{error.json_path.removeprefix('$.')}: {error.message}" for error in Draft7(SCHEMA).errors(document)
    )
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(f"{path} is not understood:\n{listed}\nCorrect the file.")
    for name, axis in document["axes"].items():
        for choice in (name, *axis["choices"]):
            if not isinstance(choice, str):
                raise ConfigurationError(
                    f"{path}: axes.{name}: the name {choice!r} is no text to YAML (words like on, no and 1 are not). "
                    "Put it in quotes."
                )
    axes = tuple(
        Axis(
            name,
            axis["block"],
            tuple(Choice(choice, values or {}) for choice, values in axis["choices"].items()),
        )
        for name, axis in document["axes"].items()
    )
    for axis in axes:
        if axis.block not in document["blocks"]:
            raise ConfigurationError(
                f"{path}: axes.{axis.name}.block: there is no block {axis.block!r}. "
                f"{did_you_mean(axis.block, document['blocks'])}"
            )
    exclusions = tuple(
        Exclusion(_when(path, axes, each["when"]), each["reason"]) for each in document.get("exclusions", [])
    )
    return Matrix(axes, document["blocks"], exclusions)


def _when(path: Path, axes: Sequence[Axis], when: Mapping[str, Any]) -> dict[int, frozenset[int]]:
    positions = {axis.name: index for index, axis in enumerate(axes)}
    found: dict[int, frozenset[int]] = {}
    for name, wanted in when.items():
        if name not in positions:
            raise ConfigurationError(f"{path}: exclusions: there is no axis {name!r}. {did_you_mean(name, positions)}")
        choices = {choice.name: index for index, choice in enumerate(axes[positions[name]].choices)}
        for choice in wanted if isinstance(wanted, list) else [wanted]:
            if str(choice) not in choices:
                raise ConfigurationError(
                    f"{path}: exclusions: the axis {name!r} has no choice {choice!r}. "
                    f"{did_you_mean(str(choice), choices)}"
                )
        found[positions[name]] = frozenset(
            choices[str(choice)] for choice in (wanted if isinstance(wanted, list) else [wanted])
        )
    return found
