"""The matrix: what is loaded, which combinations are rendered, and what is said of mistakes in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations as choose
from itertools import product
from pathlib import Path
from random import Random

import pytest

from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import Axis, Choice, Exclusion, Matrix, load_matrix
from helm_nested.matrix.combinations import Strength, combinations, require_every_choice

TEXT = """
blocks: {one: what one is, two: what two is}
axes:
  a: {block: one, choices: {"off": {}, "on": {a: {x: 1}}}}
  b: {block: one, choices: {low: {}, middle: {a: {z: 1}}, high: {a: {z: 2}}}}
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
    assert matrix.values([1, 1, 1, 0]) == {"a": {"x": 1, "z": 1}, "c": [1]}
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


@pytest.mark.parametrize("strength", ["2", "3", "all"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: [],
        lambda rows: rows[:-1],
        lambda rows: rows[1:],
        lambda rows: [rows[0]] * len(rows),
        lambda rows: [row[:-1] for row in rows],
        lambda rows: [*rows, [9] * len(rows[0])],
        lambda rows: [*rows, [1, 1, 0, 0]],
        lambda _: 7,
        lambda _: [7],
        lambda _: [["a"]],
        lambda rows: {"rows": rows},
    ],
    ids=["empty", "last", "first", "one", "short", "no choice", "excluded", "number", "numbers", "text", "map"],
)
def test_an_incomplete_cache_is_made_anew(
    tmp_path: Path, damage: Callable[[list[list[int]]], object], strength: Strength
) -> None:
    """Rows in which not everything meets, or that are no combinations, are not believed."""
    file = tmp_path / "axes.yaml"
    more = "  e: {block: two, choices: {p: {}, q: {e: 1}, r: {e: 2}}}\nexclusions:"
    file.write_text(TEXT.replace("exclusions:", more), encoding="utf-8")
    matrix = load_matrix(file)
    first = combinations(matrix, strength, tmp_path)
    (kept,) = tmp_path.glob("covering-array-*")
    rows = json.loads(kept.read_text(encoding="utf-8"))
    kept.write_text(json.dumps(damage(rows)), encoding="utf-8")
    assert combinations(matrix, strength, tmp_path) == first
    assert json.loads(kept.read_text(encoding="utf-8")) == rows


def test_a_cache_made_in_another_way_is_not_read(
    matrix: Matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of this tool's way, or of the library, makes its own array."""
    combinations(matrix, "2", tmp_path)
    monkeypatch.setattr("helm_nested.matrix.combinations.versions", lambda _: ["another 1.0"])
    combinations(matrix, "2", tmp_path)
    assert len(list(tmp_path.glob("covering-array-*"))) == 2


def constrained(exclusions: Sequence[Mapping[int, set[int]]], sizes: Sequence[int]) -> Matrix:
    """A matrix with these exclusions, in one block."""
    axes = [
        Axis(f"a{number}", "all", tuple(Choice(str(choice), {f"a{number}": choice}) for choice in range(size)))
        for number, size in enumerate(sizes)
    ]
    when = [{axis: frozenset(choices) for axis, choices in each.items()} for each in exclusions]
    return Matrix(tuple(axes), {"all": "all"}, tuple(Exclusion(each, "why") for each in when))


CHAINS: list[list[Mapping[int, set[int]]]] = [
    [{0: {1}, 1: {1}, 2: {1}}, {0: {1}, 1: {1}, 2: {0}, 3: {0}}, {0: {1}, 3: {1}, 4: {0}}],
    [{0: {0}}, {1: {1}}, {2: {0}}],
    [{0: {0}, 1: {0}}, {1: {1}, 2: {0}}, {2: {1}, 3: {0}}, {3: {1}, 4: {0}}],
    [{0: {0}, 1: {0}}, {0: {0}, 1: {1}}, {2: {0}, 3: {0}}],
    [{0: {1}, 1: {0}}, {0: {1}, 2: {0}}, {0: {1}, 3: {0}}, {0: {1}, 4: {0}}],
]


@pytest.mark.parametrize("strength", [2, 3])
@pytest.mark.parametrize("number", range(30))
def test_what_can_meet_meets_whatever_is_excluded(number: int, strength: int, tmp_path: Path) -> None:
    """Exclusions of any shape, chains of them too, leave no two (three) choices apart that can stand together."""
    chance = Random(number)  # noqa: S311 - no secret
    sizes = [2 + (number + axis) % 2 for axis in range(5)]
    exclusions = (
        CHAINS[number]
        if number < len(CHAINS)
        else [
            {axis: {chance.randrange(sizes[axis])} for axis in chance.sample(range(5), chance.randint(1, 4))}
            for _ in range(chance.randint(3, 9))
        ]
    )
    matrix = constrained(exclusions, sizes)
    everything = [bytes(row) for row in product(*map(range, sizes)) if matrix.allowed(row)]
    if not everything:
        with pytest.raises(ConfigurationError, match="leave no combination, so nothing would be checked"):
            combinations(matrix, str(strength), tmp_path)  # type: ignore[arg-type]
        return
    rows = combinations(matrix, str(strength), tmp_path)  # type: ignore[arg-type]
    assert set(rows) <= set(everything)
    for axes in choose(range(len(sizes)), strength):
        possible = {tuple(row[axis] for axis in axes) for row in everything}
        assert {tuple(row[axis] for axis in axes) for row in rows} == possible


def test_what_meets_only_in_one_way_meets(tmp_path: Path) -> None:
    """Two choices that go together only with one choice on each of several other axes meet."""
    exclusions = [
        {2: {1}},
        {3: {1}, 6: {1}},
        {2: {0}, 1: {1}, 0: {1}},
        {5: {1}, 0: {1}, 6: {2}, 1: {2}},
        {1: {0}, 4: {0}},
        {6: {0}, 2: {0}, 4: {0}},
        {3: {0}, 4: {0}},
        {4: {0}, 0: {1}, 2: {1}},
    ]
    sizes = [2, 3, 2, 2, 2, 2, 3]
    matrix = constrained(exclusions, sizes)
    everything = [bytes(row) for row in product(*map(range, sizes)) if matrix.allowed(row)]
    rows = combinations(matrix, "2", tmp_path)
    for first, second in choose(range(len(sizes)), 2):
        assert {(row[first], row[second]) for row in rows} == {(row[first], row[second]) for row in everything}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('block: two, choices: {"off": null', 'block: tow, choices: {"off": null', "Did you mean 'two'?"),
        ('when: {a: "on",', 'when: {aa: "on",', "there is no axis 'aa'. Did you mean 'a'?"),
        ("b: [middle, high]", "b: [midle]", "has no choice 'midle'. Did you mean 'middle'?"),
        ("reason: the chart refuses both at once", "why: x", "reason"),
        ('choices: {"off": {}, "on": {d: true}}', "choices: {only: {}}", "axes.d.choices"),
        (
            'c: {block: two, choices: {"off"',
            "c: {block: two, choices: {off",
            "axes.c.choices[False]: the key False is a bool, not a text; put it in quotes",
        ),
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


def test_a_choice_that_no_combination_may_have_is_an_error(tmp_path: Path) -> None:
    """A choice that the exclusions leave nowhere is named, whatever the strength: it would never be checked."""
    file = tmp_path / "axes.yaml"
    file.write_text(TEXT.replace('{a: "on", b: [middle, high]}', '{a: "on", c: ["off", "on"]}'), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"leave no combination with a=on, so this choice"):
        require_every_choice(load_matrix(file))


@pytest.mark.parametrize("strength", ["2", "3", "all"])
def test_what_exclusions_together_make_impossible_is_left_out(strength: Strength, tmp_path: Path) -> None:
    """A block's combination that nothing of the other blocks goes with is no combination, at every strength alike."""
    file = tmp_path / "axes.yaml"
    exclusions = "".join(
        f'  - {{when: {{a: "on", b: high, c: "{choice}"}}, reason: not with c {choice}}}\n' for choice in ("off", "on")
    )
    file.write_text(TEXT.rstrip() + "\n" + exclusions, encoding="utf-8")
    matrix = load_matrix(file)
    assert len(matrix.exclusions) == 3
    rows = combinations(matrix, strength, tmp_path)
    assert rows
    assert all(matrix.allowed(row) for row in rows)


@pytest.mark.parametrize(
    ("written", "read"), [("12:30:45", "12:30:45"), ("0o17", 15), ("1e3", 1000), ("off", False), ("0644", 420)]
)
def test_values_of_a_choice_are_read_as_helm_reads_them(written: str, read: object, tmp_path: Path) -> None:
    """What a choice sets is what the same text sets in a values file."""
    file = tmp_path / "axes.yaml"
    file.write_text(
        f"blocks: {{all: all}}\naxes:\n  one: {{block: all, choices: {{none: {{}}, some: {{a: {written}}}}}}}\n",
        encoding="utf-8",
    )
    assert load_matrix(file).axes[0].choices[1].values == {"a": read}
