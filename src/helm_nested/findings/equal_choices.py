"""Choices of one axis that set the same: their combinations are rendered twice, and nothing is tried by it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from helm_nested.findings.finding import Finding
from helm_nested.matrix.axes import Axis, Matrix
from nested_templates.document_path import join

CHECK = "equal-choices"
RULE = "No two choices of an axis set the same; otherwise one of them tries nothing, most often by mistake."


def equal_choices(matrix: Matrix) -> Iterator[Finding]:
    """A finding for each choice that sets what an earlier one of its axis sets."""
    for axis in matrix.axes:
        for choice, first in _repeated(axis):
            what = axis.choices[choice]
            yield Finding.of_values(
                CHECK,
                RULE,
                join("", ["axes", axis.name, "choices", what.name]),
                f"{axis.name}={what.name} sets the same as {axis.name}={axis.choices[first].name}",
                what.values,
                what.release,
            )


def _repeated(axis: Axis) -> Iterator[tuple[int, int]]:
    """The number of each choice that repeats an earlier one, and of that one."""
    known: dict[str, int] = {}
    for number, choice in enumerate(axis.choices):
        # To Python 1, 1.0 and true are equal.
        said = json.dumps([choice.values, choice.release], sort_keys=True)
        first = known.setdefault(said, number)
        if first != number:
            yield number, first
