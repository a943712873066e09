"""The corpus: what is taken out of a manifest is what YAML says, and nothing is lost or taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from helm_nested.chart import load_chart
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.engine import Release, open_in_process
from helm_nested.errors import CannotCheckError
from helm_nested.matrix.axes import Axis, Choice, Matrix
from nested_templates.service_template import TAKEN, Selector

SELECTORS = [Selector("ConfigMap", "*-templates", ("*.yaml",))]
MATRIX = Matrix(
    (
        Axis("a", "all", (Choice("off", {}), Choice("on", {"a": 1}))),
        Axis("b", "all", (Choice("off", {}), Choice("on", {"b": 1}))),
    ),
    {"all": "everything"},
    (),
)
ROWS = [bytes([a, b]) for a in range(2) for b in range(2)]


def corpus_of(tmp_path: Path, template: str, *, takes_duplicate_keys: bool = False) -> Corpus:
    """The corpus of a chart with this one template, over four combinations."""
    (tmp_path / "templates").mkdir(parents=True)
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n", encoding="utf-8")
    (tmp_path / "values.yaml").write_text("a: 0\nb: 0\n", encoding="utf-8")
    (tmp_path / "templates" / "t.yaml").write_text(template, encoding="utf-8")
    engine = open_in_process(load_chart(tmp_path))
    return build_corpus(engine, MATRIX, ROWS, Release(), SELECTORS, takes_duplicate_keys=takes_duplicate_keys)


HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-templates}\ndata:\n"
ENTRY = "  one.yaml: |-\n    a: {{ .Values.a }}\n\n    b: x\n"


def test_entries_are_told_apart_by_their_own_text(tmp_path: Path) -> None:
    """Four combinations that differ in two entries have two texts of each."""
    corpus = corpus_of(tmp_path, HEAD + ENTRY + "  two.yaml: |-\n    b: {{ .Values.b }}\n")
    assert corpus.templates["one.yaml"].texts == ["a: 0\n\nb: x", "a: 1\n\nb: x"]
    assert list(corpus.templates["one.yaml"].ids) == [1, 1, 2, 2]
    assert list(corpus.templates["two.yaml"].ids) == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "template",
    [
        HEAD + ENTRY + "  note.txt: |-\n    a note {{ .Values.b }}\n",
        HEAD + "  note.txt: |-\n    a note {{ .Values.b }}\n" + ENTRY,
        HEAD + "  note.txt: a note {{ .Values.b }}\n" + ENTRY,
        HEAD + ENTRY + "immutable: true\n",
        HEAD + "  one.yaml: |\n    a: {{ .Values.a }}\n  z: z\n",
        HEAD + "  one.yaml: |-\n      indented: {{ .Values.a }}\n",
        HEAD + '  one.yaml: "a: {{ .Values.a }}"\n',
        HEAD + ENTRY + "---\n" + HEAD.replace("c-templates", "other") + "  one.yaml: |-\n    mine\n",
    ],
    ids=[
        "entry behind",
        "entry before",
        "plain entry",
        "field behind",
        "kept newline",
        "deeper",
        "quoted",
        "other object",
    ],
)
def test_objects_and_templates_are_what_yaml_says(template: str, tmp_path: Path) -> None:
    """Whatever stands beside a service template, templates and objects are those that a YAML parser finds."""
    corpus = corpus_of(tmp_path, template)
    for number, row in enumerate(ROWS):
        text = template.replace("{{ .Values.a }}", str(row[0])).replace("{{ .Values.b }}", str(row[1]))
        first, *_ = documents = list(yaml.safe_load_all(text))
        found = corpus.templates["one.yaml"]
        assert found.texts[found.ids[number] - 1] == first["data"]["one.yaml"]
        objects = [
            document for slot in corpus.manifests.values() for document in corpus.objects[(slot.name, slot.ids[number])]
        ]
        for expected, document in zip(documents, objects, strict=True):
            kept = {key: value for key, value in document["data"].items() if not str(value).startswith(TAKEN)}
            assert kept.items() <= expected["data"].items()
            assert set(document["data"]) == set(expected["data"])


def test_two_objects_with_one_key_are_refused(tmp_path: Path) -> None:
    """Two service templates under one key could be taken for each other, so that is said."""
    said = r"service template under one\.yaml, .*: those of c/templates/(\S+) and c/templates/\1#1\. Select"
    with pytest.raises(CannotCheckError, match=said):
        corpus_of(tmp_path, HEAD + ENTRY + "---\n" + HEAD.replace("c-templates", "d-templates") + ENTRY)


TWICE = ENTRY + "{{ if .Values.b }}  one.yaml: |-\n    a: second\n{{ end }}"


def test_a_key_that_stands_twice_is_refused_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Who does not report duplicate keys gets no corpus; who does gets the last of them, and where they stand."""
    with pytest.raises(CannotCheckError, match=r"b=on could not be read: .*'one\.yaml' stands twice"):
        corpus_of(tmp_path / "strict", HEAD + TWICE)
    corpus = corpus_of(tmp_path / "lenient", HEAD + TWICE, takes_duplicate_keys=True)
    (manifest,) = corpus.manifests.values()
    twice = manifest.ids[1]
    assert list(corpus.duplicate_keys.items()) == [((manifest.name, twice), ((("data", "one.yaml"),),))]
    assert [corpus.templates["one.yaml"].texts[number - 1] for number in corpus.templates["one.yaml"].ids] == [
        "a: 0\n\nb: x",
        "a: second",
        "a: 1\n\nb: x",
        "a: second",
    ]
