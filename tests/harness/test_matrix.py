"""The matrix: what is loaded, which combinations are rendered, and what is said of mistakes in it."""

from __future__ import annotations

from itertools import combinations as choose
from itertools import product
from pathlib import Path

import pytest

from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import Matrix, load_matrix
from helm_nested.matrix.combinations import combinations

TEXT = """
blocks: {one: what one is, two: what two is}
axes:
  a: {block: one, choices: {"off": {}, "on": {a: {x: 1}}}}
  b: {block: one, choices: {low: {}, middle: {a: {y: 1}}, high: {a: {y: 2}}}}
  c: {block: two, choices: {"off": null, "on": {c: [1]}}}
  d: {block: two, choices: {"off": {}, "on": {d: true}}}
exclusions:
  - {when: {a: "on", b: [middle, high]}, reason: the chart refuses both at once}
"""


@pytest.fixture
def matrix(tmp_path: Path) -> Matrix:
    """A matrix of two blocks and one exclusion."""
    file = tmp_path / "axes.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return load_matrix(file)


def test_fragments_are_merged_by_key(matrix: Matrix) -> None:
    """A combination's values are its choices' fragments, merged."""
    assert matrix.values([1, 1, 1, 0]) == {"a": {"x": 1, "y": 1}, "c": [1]}
    assert matrix.choices([1, 0, 1, 0]) == {"a": "on", "b": "low", "c": "on", "d": "off"}


@pytest.mark.parametrize("strength", ["2", "3", "all"])
def test_only_allowed_combinations_each_once(matrix: Matrix, strength: str, tmp_path: Path) -> None:
    """No combination that an exclusion leaves out, and none twice."""
    rows = combinations(matrix, strength, tmp_path)  # type: ignore[arg-type]
    assert all(matrix.allowed(row) for row in rows)
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize("strength", [2, 3])
def test_choices_meet(matrix: Matrix, strength: int, tmp_path: Path) -> None:
    """Any two (three) choices of different axes that are allowed together meet in some combination."""
    rows = combinations(matrix, str(strength), tmp_path)  # type: ignore[arg-type]
    sizes = [len(axis.choices) for axis in matrix.axes]
    everything = [bytes(row) for row in product(*(range(size) for size in sizes)) if matrix.allowed(row)]
    for axes in choose(range(len(sizes)), strength):
        possible = {tuple(row[axis] for axis in axes) for row in everything}
        assert {tuple(row[axis] for axis in axes) for row in rows} == possible


def test_inside_a_block_every_combination_is_there(matrix: Matrix, tmp_path: Path) -> None:
    """At strength all, each block's allowed combinations are all rendered."""
    rows = combinations(matrix, "all", tmp_path)
    assert {(row[0], row[1]) for row in rows} == {(0, 0), (0, 1), (0, 2), (1, 0)}
    assert {(row[2], row[3]) for row in rows} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_combinations_are_the_same_every_time(matrix: Matrix, tmp_path: Path) -> None:
    """Kept or made anew, the rows are the same."""
    first = combinations(matrix, "2", tmp_path / "a")
    assert combinations(matrix, "2", tmp_path / "a") == first
    assert combinations(matrix, "2", tmp_path / "b") == first


def test_broken_cache_is_made_anew(matrix: Matrix, tmp_path: Path) -> None:
    """A half-written cache file is no reason to fail."""
    first = combinations(matrix, "2", tmp_path)
    for file in tmp_path.glob("covering-array-*"):
        file.write_text("[[0,", encoding="utf-8")
    assert combinations(matrix, "2", tmp_path) == first


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('block: two, choices: {"off": null', 'block: tow, choices: {"off": null', "Did you mean 'two'?"),
        ('when: {a: "on",', 'when: {aa: "on",', "there is no axis 'aa'. Did you mean 'a'?"),
        ("b: [middle, high]", "b: [midle]", "has no choice 'midle'. Did you mean 'middle'?"),
        ("reason: the chart refuses both at once", "why: x", "reason"),
        ('choices: {"off": {}, "on": {d: true}}', "choices: {only: {}}", "axes.d.choices"),
        ('c: {block: two, choices: {"off"', "c: {block: two, choices: {off", "is no text to YAML"),
        ("axes:", "axis:", "axis"),
        ("blocks: {one: what one is,", "blocks: {one: 1,", "blocks.one"),
    ],
)
def test_mistakes_are_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    """A mistake in the file is one message that names it."""
    file = tmp_path / "axes.yaml"
    assert old in TEXT
    file.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_matrix(file)
    assert words in str(refused.value)


def test_exclusions_that_leave_nothing_are_an_error(tmp_path: Path) -> None:
    """A block's combination that no other block's goes with is not left out silently."""
    file = tmp_path / "axes.yaml"
    file.write_text(TEXT.replace('{a: "on", b: [middle, high]}', '{a: "on", c: ["off", "on"]}'), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="leave nothing that goes with"):
        combinations(load_matrix(file), "all", tmp_path)
