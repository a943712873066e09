"""Reduction: on a sample, the choices that a failure takes are found by a few more renders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations as choose
from itertools import product
from pathlib import Path
from random import Random

import pytest

from helm_nested.findings.reduction import Explanation, Rows
from helm_nested.matrix.axes import Axis, Choice, Combination, Exclusion, Matrix
from helm_nested.matrix.combinations import combinations

SIZES = (3, 2, 2, 3, 2, 2, 4, 2, 2, 2)
A, B, C, D, E, F, G, H = range(8)
Conjunction = dict[int, int]


def matrix(*exclusions: dict[int, set[int]]) -> Matrix:
    """Ten axes, and what does not go together."""
    axes = (Axis("abcdefghij"[number], "all", tuple(Choice(str(each), {}) for each in range(size)))
            for number, size in enumerate(SIZES))  # fmt: skip
    left_out = (Exclusion({axis: frozenset(choices) for axis, choices in each.items()}, "") for each in exclusions)
    return Matrix(tuple(axes), {"all": "all"}, tuple(left_out))


class Chart:
    """What fails exactly under these conjunctions, and how often it was rendered beyond the sample."""

    def __init__(self, folder: Path, planted: Sequence[Conjunction], *exclusions: dict[int, set[int]]) -> None:
        self.matrix = matrix(*exclusions)
        self.planted = planted
        self.renders = 0
        self.rows = combinations(self.matrix, "2", folder)

    def fails(self, row: Combination) -> bool:
        """Whether one of the planted conjunctions holds."""
        return any(all(row[axis] == choice for axis, choice in each.items()) for each in self.planted)

    def explained(self) -> Explanation:
        """The explanation of what fails in the sample."""

        def again(rows: Sequence[Combination]) -> list[bool]:
            assert all(self.matrix.allowed(row) for row in rows)
            self.renders += len(rows)
            return [self.fails(row) for row in rows]

        failing = sum(1 << number for number, row in enumerate(self.rows) if self.fails(row))
        return Rows(self.matrix, self.rows).explain_sample(failing, again)

    def texts(self) -> list[str]:
        """The conjunctions as they are told."""
        return sorted(each.text(self.matrix) for each in self.explained().conjunctions)


@pytest.mark.parametrize(
    ("planted", "texts"),
    [
        ([{A: 1}], ["a=1"]),
        ([{A: 0}], ["a=0"]),
        ([{A: 1, B: 1}], ["a=1 and b=1"]),
        ([{A: 0, B: 1}], ["a=0 and b=1"]),
        ([{A: 0, B: 0}], ["a=0 and b=0"]),
        ([{A: 1, D: 2, F: 1}], ["a=1 and d=2 and f=1"]),
        ([{A: 1, D: 2, F: 0}], ["a=1 and d=2 and f=0"]),
        ([{A: 1, D: 0, F: 0}], ["a=1 and d=0 and f=0"]),
        ([{B: 1, E: 1, F: 1, H: 1}], ["b=1 and e=1 and f=1 and h=1"]),
        ([{A: 1}, {G: 3, H: 1}], ["a=1", "g=3 and h=1"]),
        ([{G: 0}, {G: 2}], ["g=0", "g=2"]),
    ],
)
def test_planted_choices_are_found(tmp_path: Path, planted: list[Conjunction], texts: list[str]) -> None:
    """What it takes is told, be they first choices or not, and confirmed; much more fits the sample."""
    chart = Chart(tmp_path, planted)
    if not any(map(chart.fails, chart.rows)):
        chart.rows.append(bytes(planted[0].get(axis, 0) for axis in range(len(SIZES))))
    told = chart.explained()
    assert sorted(each.text(chart.matrix) for each in told.conjunctions) == texts
    assert (told.confirmed, told.unexplained) == (True, 0)
    assert told.example is not None
    assert chart.fails(told.example)


def test_what_is_told_is_true_and_needs_each_choice(tmp_path: Path) -> None:
    """Of 150 planted pairs of conjunctions nearly all are told exactly, with some sixteen renders for each."""
    random = Random(2026)  # noqa: S311 - no secret
    every = list(product(*map(range, SIZES)))
    right = renders = told = 0
    for _ in range(150):
        planted = [
            {axis: random.randrange(SIZES[axis]) for axis in random.sample(range(len(SIZES)), random.choice((1, 2, 3)))}
            for _ in range(2)
        ]
        chart = Chart(tmp_path, planted)
        found = chart.explained()
        renders += chart.renders
        for conjunction in found.conjunctions:
            told += 1
            rows = [row for row in every if all(row[axis] == choice for axis, choice in conjunction.choices)]
            holds = all(map(chart.fails, map(bytes, rows)))
            right += holds and not any(
                all(map(chart.fails, map(bytes, _holding(every, smaller))))
                for smaller in choose(conjunction.choices, max(0, len(conjunction.choices) - 1))
                if conjunction.choices
            )
    assert right >= 0.95 * told
    assert renders <= 20 * told


def _holding(every: Sequence[tuple[int, ...]], choices: Sequence[tuple[int, int]]) -> list[tuple[int, ...]]:
    return [row for row in every if all(row[axis] == choice for axis, choice in choices)]


def test_a_choice_that_others_bring_along_is_not_named(tmp_path: Path) -> None:
    """B=1 stands only beside A=1, so that it takes A=1 goes without saying."""
    chart = Chart(tmp_path, [{B: 1}], {B: {1}, A: {0, 2}})
    assert chart.texts() == ["b=1"]


def test_what_always_happens_takes_no_renders(tmp_path: Path) -> None:
    """Where the whole sample fails nothing is to be told apart."""
    chart = Chart(tmp_path, [{}])
    told = chart.explained()
    assert (told.confirmed, chart.renders) == (None, 0)
    assert chart.texts() == ["always"]


def test_what_does_not_show_itself_again_is_not_confirmed(tmp_path: Path) -> None:
    """If more renders never fail, what fits the sample is told, and that it is no more than that."""
    chart = Chart(tmp_path, [{A: 1, B: 1}])
    failing = sum(1 << number for number, row in enumerate(chart.rows) if chart.fails(row))
    rows = Rows(chart.matrix, chart.rows)
    told = rows.explain_sample(failing, lambda rows: [False] * len(rows))
    guessed = rows.explain_sample(failing, None)
    assert (told.confirmed, guessed.confirmed) == (False, False)
    assert told.conjunctions == guessed.conjunctions != ()
