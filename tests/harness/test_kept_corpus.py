"""What an earlier run rendered is not rendered again, but for a sample that must lead to the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.corpus import Corpus, build_corpus, dependencies
from helm_nested.engine import Release, open_in_process
from helm_nested.matrix.axes import Axis, Choice, Matrix
from nested_templates.service_template import Selector

from .checked_project import Project, project

__all__ = ["project"]

NAMES = "abcdefghi"
SELECTORS = [Selector("ConfigMap", "texts", ("*.yaml",))]
TEMPLATE = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts}\ndata:\n"
    '  one.yaml: "{{ .Values.a }} {{ .Values.b }}"\n'
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Values.c }}-{{ .Values.d }}}\n"
    '{{ if and .Values.i .Values.g }}{{ fail "not both" }}{{ end }}\n'
)
MATRIX = Matrix(
    tuple(Axis(name, "all", (Choice("off", {name: 0}), Choice("on", {name: 1}))) for name in NAMES), {"all": "all"}, ()
)
ROWS = [bytes(row) for row in product(range(2), repeat=len(NAMES))]


def built(folder: Path, template: str = TEMPLATE, kept: Corpus | None = None) -> Corpus:
    """The corpus of a chart with that template."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", encoding="utf-8")
    (folder / "templates" / "t.yaml").write_text(template, encoding="utf-8")
    engine = open_in_process(load_chart(folder))
    return build_corpus(engine, MATRIX, ROWS, Release(), SELECTORS, keep_refused=True, seed=1, kept=kept)


def test_a_sample_is_all_that_is_rendered_again(tmp_path: Path) -> None:
    """The corpus is the kept one, and says by how many renders that was borne out."""
    first = built(tmp_path)
    again = built(tmp_path, kept=first)
    assert (first.rendered, again.rendered) == (len(ROWS), 300)
    assert again.proof == (
        "212 are known from an earlier run, as a sample of 300 showed (seed 1); "
        "with 95 % certainty at most 1 % of them differ"
    )
    assert (again.manifests, again.templates, again.refusals) == (first.manifests, first.templates, first.refusals)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("{{ .Values.a }} {{", "{{ .Values.a }}, {{"), id="template"),
        pytest.param(("{name: {{", "{name: x-{{"), id="manifest"),
        pytest.param(("not both", "not the two"), id="refusal"),
        pytest.param(("and .Values.i .Values.g", "and .Values.i .Values.h"), id="refused rows"),
        pytest.param(("---\n", "---\napiVersion: v1\nkind: Secret\nmetadata: {name: new}\n---\n"), id="new place"),
    ],
)
def test_what_is_rendered_otherwise_now_is_rendered_as_a_whole(change: tuple[str, str], tmp_path: Path) -> None:
    """One difference in the sample, and nothing of the kept corpus is taken."""
    kept = built(tmp_path)
    template = TEMPLATE.replace(*change)
    again, alone = built(tmp_path, template, kept), built(tmp_path, template)
    assert (again.rendered, again.proof) == (len(ROWS), "")
    assert (again.manifests, again.templates, again.refusals) == (alone.manifests, alone.templates, alone.refusals)


def test_a_corpus_of_other_combinations_is_not_taken(tmp_path: Path) -> None:
    """The kept combinations are those that are asked for, in the same order, or all are rendered."""
    kept = built(tmp_path)
    assert built(tmp_path, kept=replace(kept, combinations=kept.combinations[::-1])).rendered == len(ROWS)


def test_a_second_check_renders_a_sample(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check says what it took from the one before; after an edit, or if all is to be rendered, it takes nothing."""
    monkeypatch.setattr(dependencies, "PROOF", 2)
    known = "22 are known from an earlier run, as a sample of 2 showed"
    assert known not in project.check()[1]
    assert known in project.check()[1]
    assert known not in project.check("--exhaustive")[1]
    assert known in project.check("--strength", "all")[1]
    project.change("values.yaml", "owner: nobody", "owner: no one")
    assert "known from an earlier run" not in project.check()[1]
