"""Axes, their choices and the exclusions, from the matrix file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from helm_nested.engine import Release, release_map
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.schema_problem import schema_problems
from helm_nested.values import Values, merge
from nested_templates.input_file import read_text
from nested_templates.json_value import json_faults
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import CONSUMER_READER, load_documents

# One byte per axis: the index of its choice.
Combination = bytes

MOST_CHOICES = 255  # what one byte holds
# What an axis may be about: the values, which is the default, or the release.
_VALUES = "values"
_RELEASE = "release"

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
                    "of": {"enum": [_VALUES, _RELEASE]},
                    "choices": {
                        "type": "object",
                        "minProperties": 2,
                        "maxProperties": MOST_CHOICES,
                        "additionalProperties": {"type": ["object", "null"]},
                    },
                },
                "if": {"properties": {"of": {"const": _RELEASE}}, "required": ["of"]},
                "then": {
                    "properties": {
                        "choices": {
                            "additionalProperties": {**release_map.SCHEMA, "type": ["object", "null"]},
                        },
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
    """One possibility of an axis: a fragment of values, or of the release, which may set several at once."""

    name: str
    values: Values
    release: ReleaseMap = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """One independent decision in the values, or about the release and the cluster."""

    name: str
    block: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Exclusion:
    """Choices that do not go together: per axis (its index) the indices of the choices, and why."""

    when: Mapping[int, frozenset[int]]
    reason: str

    def holds(self, row: Sequence[int] | Mapping[int, int]) -> bool:
        """Whether the row, or what it has on the axes of this exclusion, is one of those that are left out."""
        return all(row[axis] in choices for axis, choices in self.when.items())


@dataclass(frozen=True)
class Matrix:
    """All axes in their order, by block, and what is left out."""

    axes: tuple[Axis, ...]
    blocks: Mapping[str, str]
    exclusions: tuple[Exclusion, ...]
    # What it was read from: where that changes, what was rendered before is of another matrix.
    source: bytes = field(default=b"", repr=False, compare=False)
    _releases: dict[tuple[Release, bytes], Release] = field(default_factory=dict, repr=False, compare=False)

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

    def release_map(self, row: Sequence[int]) -> ReleaseMap:
        """What the row's choices say of the release; no two axes say the same of it."""
        return {key: value for axis in self._release_axes for key, value in self._choice(axis, row).release.items()}

    def release(self, row: Sequence[int], base: Release) -> Release:
        """The release as the row's choices make it of `base`; the same object for the same choices."""
        if not self._release_axes:
            return base
        key = (base, bytes(row[axis] for axis in self._release_axes))
        if key not in self._releases:
            self._releases[key] = release_map.released(base, self.release_map(row))
        return self._releases[key]

    @cached_property
    def _release_axes(self) -> tuple[int, ...]:
        return tuple(number for number, axis in enumerate(self.axes) if any(choice.release for choice in axis.choices))

    def _choice(self, axis: int, row: Sequence[int]) -> Choice:
        return self.axes[axis].choices[row[axis]]

    def choices(self, row: Sequence[int]) -> dict[str, str]:
        """The row as names, axis by axis."""
        return {axis.name: axis.choices[choice].name for axis, choice in zip(self.axes, row, strict=True)}


def load_matrix(path: Path) -> Matrix:
    """The matrix in that file.

    Raises:
        ConfigurationError: it is missing, or says something that is not understood; the nearest known name is given.
    """
    try:
        source = read_text(path)
        documents = load_documents(source, str(path), CONSUMER_READER)
        as_helm_reads = load_documents(source, str(path))
    except OSError as error:
        raise ConfigurationError(
            f"no matrix at {path}: {error.strerror}. Correct 'matrix:' in the configuration."
        ) from error
    except (DocumentError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the matrix cannot be read: {error}") from error
    if len(documents) != 1:
        raise ConfigurationError(f"{path} holds {len(documents)} documents, not one map with 'blocks' and 'axes'.")
    document = documents[0]
    problems = schema_problems(SCHEMA, document)
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise ConfigurationError(f"{path} is not understood:\n{listed}\nCorrect the file.")
    _refuse_what_helm_cannot_get(path, document["axes"])
    axes = tuple(
        Axis(
            name,
            axis["block"],
            tuple(
                _choice(choice, fragment or {}, axis.get("of"))
                for choice, fragment in zip(axis["choices"], values["choices"].values(), strict=True)
            ),
        )
        # What stands in a choice is Helm's, to whom 12:30 is a text, say.
        for (name, axis), values in zip(document["axes"].items(), as_helm_reads[0]["axes"].values(), strict=True)
    )
    _refuse_two_axes_of_one_field(path, axes)
    for axis in axes:
        if axis.block not in document["blocks"]:
            raise ConfigurationError(
                f"{path}: axes.{axis.name}.block: there is no block {axis.block!r}. "
                f"{did_you_mean(axis.block, document['blocks'])}"
            )
    exclusions = tuple(
        Exclusion(_when(path, axes, each["when"]), each["reason"]) for each in document.get("exclusions", [])
    )
    return Matrix(axes, document["blocks"], exclusions, source.encode("utf-8", "surrogatepass"))


def _refuse_what_helm_cannot_get(path: Path, axes: Mapping[str, Any]) -> None:
    """The schema lets anything stand in a choice."""
    for place, fault in json_faults(axes, "axes"):
        raise ConfigurationError(f"{path}: {place}: {fault}.")


def _choice(name: str, fragment: Mapping[str, Any], of: str | None) -> Choice:
    return Choice(name, {}, fragment) if of == _RELEASE else Choice(name, dict(fragment))


def _refuse_two_axes_of_one_field(path: Path, axes: Sequence[Axis]) -> None:
    """The last one would win silently, and the other's choices would be names of nothing."""
    owners: dict[str, str] = {}
    for axis in axes:
        for name in {name for choice in axis.choices for name in choice.release}:
            if owners.setdefault(name, axis.name) != axis.name:
                raise ConfigurationError(
                    f"{path}: axes.{owners[name]} and axes.{axis.name} both set {name!r} of the release. "
                    "Leave it to one of them."
                )


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
