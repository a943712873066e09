"""Conjunctions: the smallest sets of choices that explain what fails."""

from __future__ import annotations

from itertools import product

import pytest

from helm_nested.findings.conjunction import Conjunction, bit_sets, explain
from helm_nested.matrix.axes import Axis, Choice, Matrix

MATRIX = Matrix(
    tuple(
        Axis(name, "block", tuple(Choice(choice, {}) for choice in choices))
        for name, choices in (("a", "xyz"), ("b", "xy"), ("c", "xy"), ("d", "xy"))
    ),
    {"block": "all"},
    (),
)
ROWS = [bytes(row) for row in product(range(3), range(2), range(2), range(2))]
A, B, C, D = range(4)


def explained(*conjunctions: dict[int, int]) -> tuple[list[str], int]:
    """The explanation of exactly those rows for which one of the conjunctions holds."""
    failing = sum(
        1 << number
        for number, row in enumerate(ROWS)
        if any(all(row[axis] == choice for axis, choice in each.items()) for each in conjunctions)
    )
    found, rest = explain(bit_sets(MATRIX, ROWS), len(ROWS), failing)
    return sorted(each.text(MATRIX) for each in found), rest


@pytest.mark.parametrize(
    ("conjunctions", "texts"),
    [
        ([{A: 1}], ["a=y"]),
        ([{A: 1, B: 1}], ["a=y and b=y"]),
        ([{A: 1, B: 1, D: 0}], ["a=y and b=y and d=x"]),
        ([{A: 1}, {C: 1, D: 1}], ["a=y", "c=y and d=y"]),
        ([{A: 1}, {A: 2}], ["a=y", "a=z"]),
        ([{}], ["always"]),
        ([{A: 0, B: 1}, {C: 1, D: 0}, {A: 2, C: 0}], ["a=x and b=y", "a=z and c=x", "c=y and d=x"]),
    ],
)
def test_planted_conjunctions_are_found(conjunctions: list[dict[int, int]], texts: list[str]) -> None:
    """What was planted is what is named, nothing more and nothing left over."""
    assert explained(*conjunctions) == (texts, 0)


def test_what_needs_more_than_three_choices_is_said_to_be_unexplained() -> None:
    """A failure of one single row of four axes is counted as unexplained, not explained wrongly."""
    assert explained({A: 1, B: 1, C: 1, D: 1}) == ([], 1)


def test_every_conjunction_holds_for_failing_rows_only_and_is_minimal() -> None:
    """Over all pairs of planted conjunctions: no false explanation, and none that could be shorter."""
    literals = [{axis: choice} for axis, sizes in enumerate((3, 2, 2, 2)) for choice in range(sizes)]
    sets = bit_sets(MATRIX, ROWS)
    for first, second in product(literals, repeat=2):
        holds = [all(row[axis] == choice for axis, choice in (first | second).items()) for row in ROWS]
        failing = sum(1 << number for number, fails in enumerate(holds) if fails)
        if not failing:
            continue
        found, rest = explain(sets, len(ROWS), failing)
        assert rest == 0
        assert [dict(each.choices) for each in found] == [first | second]


def test_nothing_fails_nothing_is_explained() -> None:
    """No failing combination has no conjunction."""
    assert explain(bit_sets(MATRIX, ROWS), len(ROWS), 0) == ([], 0)
    assert Conjunction(()).text(MATRIX) == "always"
