"""Combinations that follow from others need no render, and lead to what a render of them would have led to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from helm_nested.chart import load_chart
from helm_nested.corpus import Corpus, build_corpus, renders
from helm_nested.corpus.dependencies import Dependencies, extremes, flips
from helm_nested.corpus.outcome import Outcome, Place
from helm_nested.corpus.renders import Renders
from helm_nested.corpus.row_renderer import RowRenderer
from helm_nested.engine import Release, open_in_process
from helm_nested.matrix.axes import Axis, Choice, Exclusion, Matrix
from helm_nested.matrix.combinations import combinations
from helm_nested.values import Values
from nested_templates.service_template import Selector

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

NAMES = "abcdefghij"
SELECTORS = [Selector("ConfigMap", "texts", ("*.yaml",))]
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts}\ndata:\n"
# Each text reads few of the values; the last one is there only under one choice.
APART = HEAD + (
    '  one.yaml: "{{ .Values.a }} {{ .Values.b }} {{ .Values.c }}"\n'
    '  two.yaml: "{{ .Values.c }} {{ .Values.d }} {{ .Values.e }}"\n'
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Values.f }}-{{ .Values.g }}}\n"
    "{{ if .Values.h }}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: h}\n{{ end }}\n"
)
REFUSING = APART + '{{ if and .Values.i .Values.j }}{{ fail "not both" }}{{ end }}\n'


def matrix(*exclusions: Exclusion) -> Matrix:
    """Ten switches in one block."""
    axes = (Axis(name, "all", (Choice("off", {name: 0}), Choice("on", {name: 1}))) for name in NAMES)
    return Matrix(tuple(axes), {"all": "everything"}, exclusions)


def both(tmp_path: Path, template: str, matrix: Matrix) -> tuple[Corpus, Corpus]:
    """The corpus with and without the renders of what follows from others."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", encoding="utf-8")
    (tmp_path / "templates" / "t.yaml").write_text(template, encoding="utf-8")
    engine = open_in_process(load_chart(tmp_path))
    rows = [bytes(row) for row in product(range(2), repeat=len(NAMES)) if matrix.allowed(row)]
    pairwise = combinations(matrix, "2", tmp_path)
    followed = build_corpus(engine, matrix, rows, Release(), SELECTORS, keep_refused=True, pairwise=pairwise, seed=1)
    return followed, build_corpus(engine, matrix, rows, Release(), SELECTORS, keep_refused=True)


def require_same(one: Corpus, other: Corpus) -> None:
    """The same texts in the same combinations."""
    for slots, others in ((one.manifests, other.manifests), (one.templates, other.templates)):
        assert {name: slot.texts for name, slot in slots.items()} == {name: slot.texts for name, slot in others.items()}
        assert {name: slot.ids for name, slot in slots.items()} == {name: slot.ids for name, slot in others.items()}
    assert (one.refusals.texts, one.refusals.ids) == (other.refusals.texts, other.refusals.ids)
    assert one.objects == other.objects


@pytest.mark.parametrize("template", [APART, REFUSING], ids=["apart", "refusing"])
@pytest.mark.parametrize(
    "exclusions", [(), (Exclusion({0: frozenset({1}), 1: frozenset({0})}, "a without b"),)], ids=["all", "excluding"]
)
def test_what_follows_is_what_a_render_gives(template: str, exclusions: tuple[Exclusion, ...], tmp_path: Path) -> None:
    """With a few hundred renders of a thousand combinations the corpus is the one of all renders."""
    followed, exhaustive = both(tmp_path, template, matrix(*exclusions))
    require_same(followed, exhaustive)
    assert exhaustive.rendered == len(exhaustive.combinations)
    assert followed.rendered < len(followed.combinations) * 3 / 4
    assert (
        "renders, as a sample of 300 showed (seed 1); with 95 % certainty at most 1 % of them differ" in followed.proof
    )


def test_what_was_not_observed_is_told_by_the_sample(tmp_path: Path) -> None:
    """A text that reads a value if seven choices make one word: the sample shows it, and everything is rendered."""
    of = matrix()
    pairwise = combinations(of, "2", tmp_path)
    seen = {row[:7] for row in (*pairwise, *(changed for _, _, changed in flips(of, pairwise)))}
    unseen = next(bytes(choices) for choices in product(range(2), repeat=7) if bytes(choices) not in seen)
    named = " ".join(f"(toString .Values.{name})" for name in NAMES[:7])
    asked = f'eq (cat {named} | nospace) "{"".join(map(str, unseen))}"'
    hidden = "  one.yaml: '{{ if " + asked + ' }}{{ .Values.j }}{{ end }}\'\n  two.yaml: "{{ .Values.i }}"\n'
    followed, exhaustive = both(tmp_path, HEAD + hidden, of)
    require_same(followed, exhaustive)
    assert followed.rendered >= len(followed.combinations)
    assert "all were rendered, as texts depend on more axes than was observed" in followed.proof


def test_what_stands_behind_a_refusal_is_seen(tmp_path: Path) -> None:
    """A choice that the chart refuses unless seven others are made is rendered with these, by no luck."""
    needed = "and " + " ".join(f".Values.{name}" for name in NAMES[1:8])
    template = APART.replace("{{ .Values.c }}", "{{ .Values.c }} {{ .Values.a }}")
    template += f'{{{{ if and .Values.a (not ({needed})) }}}}{{{{ fail "a needs the others" }}}}{{{{ end }}}}\n'
    followed, exhaustive = both(tmp_path, template, matrix())
    require_same(followed, exhaustive)
    assert followed.rendered < len(followed.combinations) * 3 / 4


def test_what_many_choices_bring_together_is_seen(tmp_path: Path) -> None:
    """An object that is there only under eight choices at once, all of them not the first, is in every corpus."""
    every = "and " + " ".join(f".Values.{name}" for name in NAMES[:8])
    hidden = f"\n{{{{ if {every} }}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: hidden}}\n{{{{ end }}}}\n"
    followed, exhaustive = both(tmp_path, APART + hidden, matrix())
    require_same(followed, exhaustive)
    assert followed.rendered < len(followed.combinations) * 3 / 4


def test_the_extremes_are_allowed_and_reach_every_place_in_the_order() -> None:
    """Each is the first row with a later choice wherever an exclusion allows it."""
    axes = tuple(
        Axis(name, "all", tuple(Choice(str(number), {}) for number in range(count)))
        for name, count in (("a", 2), ("b", 4))
    )
    of = Matrix(axes, {"all": "everything"}, (Exclusion({0: frozenset({1}), 1: frozenset({2})}, "not these two"),))
    assert extremes(of, bytes(2)) == [bytes([1, 1]), bytes([1, 0]), bytes([1, 3])]


def test_a_new_choice_of_one_place_excuses_no_other() -> None:
    """Where a render tells of one place what nobody knew, others still have to be as they were, and no more of them."""
    one, two, three = (Place(True, name) for name in ("one", "two", "three"))
    first, second = b"\0", b"\1"
    known = {first: Outcome({one: b"a", two: b"x"}), second: Outcome({one: b"b", two: b"x"})}
    dependencies = Dependencies(known, [(first, 0, second)])
    assert not dependencies.learn(b"\2", Outcome({one: b"c", two: b"y"}))
    assert not dependencies.learn(b"\3", Outcome({one: b"d", two: b"x", three: b"z"}))
    assert dependencies.learn(b"\4", Outcome({one: b"e", two: b"x"}))


def test_each_axis_changes_alone() -> None:
    """Around each combination every axis changes once, and only to what may stand there."""
    excluding = matrix(Exclusion({0: frozenset({1}), 1: frozenset({0})}, "a without b"))
    row = bytes(len(NAMES))
    changed = flips(excluding, [row])
    assert [axis for _, axis, _ in changed] == list(range(1, len(NAMES)))
    assert all([i for i in range(len(NAMES)) if other[i] != row[i]] == [axis] for _, axis, other in changed)


@dataclass
class Mortal:
    """An engine that takes every other process with it."""

    lives_in: int

    def render_texts(self, values: Values, _release: Release) -> dict[str, str]:
        """One manifest with the values."""
        if os.getpid() != self.lives_in:
            os._exit(1)
        return {"c/templates/t.yaml": f"kind: Secret\nvalues: {sorted(values.items())}\n"}


def test_a_process_that_dies_loses_no_combination(monkeypatch: pytest.MonkeyPatch) -> None:
    """What processes cannot render the one that asked them renders, so nothing is left out."""
    monkeypatch.setattr(renders, "_MANY", 10)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    rows = [bytes(row) for row in product(range(2), repeat=len(NAMES))][:100]
    engine = cast("InProcessEngine", Mortal(os.getpid()))
    found: list[tuple[bytes, Outcome]] = list(
        Renders(RowRenderer(engine, matrix(), Release(), SELECTORS)).outcomes(rows)
    )
    assert [row for row, _ in found] == rows
    assert len({outcome.texts[place] for _, outcome in found for place in outcome.texts}) == len(rows)
