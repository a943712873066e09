"""Corpora on disk: each under the name of what it was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.chart import Chart, load_chart
from helm_nested.check_run import run as check
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.corpus import Corpus, build_corpus, store
from helm_nested.engine import open_in_process
from helm_nested.engine.in_process import InProcessEngine
from helm_nested.software import versions

FILES = {
    "chart/Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\n",
    "chart/values.yaml": "a: 0\n",
    "chart/templates/one.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: texts}
data:
  one.yaml: |-
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: "${NAME}"}
    data: {a: "first {{ .Values.a }}"}
""",
    "contract.json": '{"type": "object", "properties": {"NAME": {"type": "string", "x-position": "scalar"}}}',
    "set.yaml": "arguments: {NAME: x}\n",
    "values.yaml": "{}\n",
    "matrix.yaml": """\
blocks: {all: everything}
axes:
  a: {block: all, choices: {without: {}, with: {a: 1}}}
  b: {block: all, choices: {without: {}, with: {b: 1}}}
""",
    "helm-nested.yaml": """\
chart: chart
serviceTemplates: [{kind: ConfigMap, name: texts, keys: ["*.yaml"]}]
contract: contract.json
argumentSets: [set.yaml]
scenarios: [values.yaml]
matrix: matrix.yaml
""",
}


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """A small project."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return load_configuration(tmp_path / "helm-nested.yaml")


def edit(configuration: Configuration, old: str, new: str) -> None:
    """Change the chart's template or the matrix."""
    for file in (configuration.chart / "templates" / "one.yaml", configuration.required_matrix()):
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def texts(configuration: Configuration) -> list[str]:
    """All texts of the corpus that is read or built now."""
    _, corpus = store.load_or_build(configuration, load_chart(configuration.chart), "all")
    return corpus.templates["one.yaml"].texts


@pytest.mark.parametrize("by", ["corpus.store", "check_run"])
def test_an_edit_meanwhile_keeps_nothing_under_another_name(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Who edits the chart and the matrix while one corpus is built gets that one again for the old files alone."""
    opening = f"helm_nested.{by}.open_in_process"

    def edited(chart: Chart) -> InProcessEngine:
        edit(configuration, "first", "second")
        edit(configuration, "{a: 1}", "{a: 2}")
        return open_in_process(chart)

    with monkeypatch.context() as patch:
        patch.setattr(opening, edited)
        if by == "corpus.store":
            texts(configuration)
        else:
            check(configuration, load_chart(configuration.chart), "all")
    assert [each.rpartition("data: ")[2] for each in texts(configuration)] == ['{a: "second 0"}', '{a: "second 2"}']
    edit(configuration, "second", "first")
    edit(configuration, "{a: 2}", "{a: 1}")
    assert [each.rpartition("data: ")[2] for each in texts(configuration)] == ['{a: "first 0"}', '{a: "first 1"}']


def test_an_edit_before_the_chart_is_loaded_counts(configuration: Configuration) -> None:
    """What was known of the chart before it was rendered does not name the corpus of the chart as it is rendered."""
    before = load_chart(configuration.chart)
    edit(configuration, "first", "second")
    _, corpus = store.load_or_build(configuration, before, "all")
    assert "second" in corpus.templates["one.yaml"].texts[0]
    edit(configuration, "second", "first")
    assert "first" in texts(configuration)[0]


@pytest.mark.parametrize("name", ["helm-nested", "helm-python-sdk", "pyyaml", "jsonschema-rs"])
def test_another_library_makes_another_corpus(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What another version of a library made, or of this tool, is not read."""
    builds = 0

    def counted(*arguments: object, **options: object) -> Corpus:
        nonlocal builds
        builds += 1
        return build_corpus(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "build_corpus", counted)
    texts(configuration)
    texts(configuration)
    assert builds == 1

    def another(names: tuple[str, ...]) -> list[str]:
        return [f"{each} another" if each.split()[0] == name else each for each in versions(names)]

    monkeypatch.setattr(store, "versions", another)
    texts(configuration)
    assert builds == 2
