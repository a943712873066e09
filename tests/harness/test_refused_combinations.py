"""Combinations that a chart refuses: an error, unless they are asked for; then each is kept with why, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.configuration import load_configuration
from helm_nested.corpus import build_corpus
from helm_nested.corpus.store import load_or_build
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import CannotCheckError
from helm_nested.matrix.axes import Axis, Choice, Matrix
from nested_templates.service_template import Selector

from .revisions import Repository

MATRIX = Matrix((Axis("a", "all", tuple(Choice(str(a), {"a": a}) for a in range(4))),), {"all": "everything"}, ())
ROWS = [bytes([a]) for a in range(4)]
SELECTORS = [Selector("ConfigMap", "*-templates", ("*.yaml",))]
TEMPLATES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c-templates}
data:
  one.yaml: |-
    a: {{ .Values.a }}
"""
# The engine gives the templates in the order of their names: when this one turns out to be no YAML, the other is added.
OBJECT = """\
{{- if eq .Values.a 1.0 }}{{ fail "never one" }}{{ end }}
kind: ConfigMap
metadata: {name: other}
{{- if eq .Values.a 2.0 }}
data: {no: yaml: at all}
{{- end }}
"""


def chart(folder: Path) -> Path:
    """A chart that refuses 1, and makes no YAML of 2."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", encoding="utf-8")
    (folder / "values.yaml").write_text("a: 0\n", encoding="utf-8")
    (folder / "templates" / "a.yaml").write_text(TEMPLATES, encoding="utf-8")
    (folder / "templates" / "b.yaml").write_text(OBJECT, encoding="utf-8")
    return folder


def test_refused_combinations_lead_to_nothing_but_why(tmp_path: Path) -> None:
    """What was read of a combination before it could not be read on is not kept, and every slot knows all of them."""
    engine = open_in_process(load_chart(chart(tmp_path)))
    corpus = build_corpus(engine, MATRIX, ROWS, Release(), SELECTORS, keep_refused=True)
    assert [bool(identity) for identity in corpus.refusals.ids] == [False, True, True, False]
    assert "never one" in corpus.refusals.texts[0]
    assert "b.yaml as rendered" in corpus.refusals.texts[1]
    for slot in (*corpus.manifests.values(), *corpus.templates.values()):
        assert [bool(identity) for identity in slot.ids] == [True, False, False, True]
    slot = corpus.templates["one.yaml"]
    assert [slot.texts[identity - 1] for identity in slot.ids if identity] == ["a: 0", "a: 3"]


@pytest.mark.parametrize(("number", "said"), [(1, "could not be rendered"), (2, "could not be read")])
def test_refused_combinations_are_an_error_unless_asked_for(number: int, said: str, tmp_path: Path) -> None:
    """Who does not ask for them is told which combination it is."""
    engine = open_in_process(load_chart(chart(tmp_path)))
    with pytest.raises(CannotCheckError, match=f"the combination a={number} {said}"):
        build_corpus(engine, MATRIX, [ROWS[0], ROWS[number]], Release(), SELECTORS)


def test_a_kept_corpus_with_refusals_is_an_error_for_others(tmp_path: Path) -> None:
    """A corpus that was kept for a comparison is not taken for one of which everything was rendered."""
    repository = Repository(tmp_path / "repository")
    repository.change(
        "templates/account.yaml", "{{- if", '{{ if eq .Values.size "huge" }}{{ fail "no" }}{{ end }}{{- if'
    )
    configuration = load_configuration(repository.folder / "helm-nested.yaml")
    loaded = load_chart(configuration.chart)
    _, built = load_or_build(configuration, loaded, "all", keep_refused=True)
    _, read = load_or_build(configuration, loaded, "all", keep_refused=True)
    assert list(read.refusals.ids) == list(built.refusals.ids)
    assert read.refusals.texts == built.refusals.texts
    assert sum(map(bool, read.refusals.ids)) == 8
    with pytest.raises(CannotCheckError, match=r"size=huge.* could not be rendered"):
        load_or_build(configuration, loaded, "all")
