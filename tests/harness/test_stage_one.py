"""From what Helm renders to service templates: splitting, selecting, and the schemas of charts and subcharts."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import IN_PROCESS, Release, open_engine
from helm_nested.engine.protocol import split_manifests
from helm_nested.errors import DocumentError, ValuesError
from nested_templates.contract import ArgumentSet
from nested_templates.service_template import Selector, find_service_templates


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("\n\n", []),
        ("a: 1", ["a: 1"]),
        ("\n\na: 1\n\n", ["a: 1"]),
        ("---\na: 1\n---\nb: 2\n", ["a: 1", "b: 2"]),
        ("---   \na: 1\n--- \t\nb: 2\n---", ["a: 1", "b: 2"]),
        ("a: 1\n\n  \n---\n\n\nb: 2", ["a: 1", "b: 2"]),
        ("a: 1\r\n---\r\nb: 2\r\n", ["a: 1", "b: 2\r"]),
        ("--- # first\na: 1\n--- # second\nb: 2", ["# first\na: 1", "# second\nb: 2"]),
        ("---a: 1", ["a: 1"]),
        ("---\n---\na: 1\n---\n---\n\n---\nb: 2", ["a: 1", "b: 2"]),
        ("\n  a: 1\n---\n  b: 2", ["a: 1", "b: 2"]),
        ("a: |\n  ---\n  b", ["a: |\n  ---\n  b"]),
        ("a: --- b\nc: '---'", ["a: --- b\nc: '---'"]),
        ("# nothing\n---\n# at all\n\n---\na: 1", ["a: 1"]),
        ("# about\na: 1", ["# about\na: 1"]),
    ],
)
def test_documents_are_split_where_helm_splits(text: str, parts: list[str]) -> None:
    """Every form of the separator ends a document, a text that holds one does not, and empty ones are left out."""
    assert [each.text for each in split_manifests("a/templates/b.yaml", text)] == parts


def test_white_space_around_a_separator_is_part_of_it() -> None:
    """Every text of six such pieces is split as by Helm's own expression, which takes the space on both sides."""
    of_helm = re.compile(r"(?:^|\s*\n)---\s*", re.ASCII | re.MULTILINE)
    for pieces in product(("---", "\n", "\r\n", " ", "a", "\u2003"), repeat=6):
        text = "".join(pieces)
        parts = [part.lstrip().rstrip("\n") for part in of_helm.split(text)]
        assert [each.text for each in split_manifests("b.yaml", text)] == [part for part in parts if part.strip()]


SEPARATORS = {
    "a.yaml": "---\na: {kind: 1}\n--- # x\nb: 2\n\n---\t\n# nothing\n",
    "b.yaml": "kind: X\nmetadata:\n  name: 1\ntext: |\n  ---\n  two\n---\n\nkind: Y\nmetadata: {name: 2}\n\n---\n---\n",
}


def test_documents_are_those_of_the_helm_binary(tmp_path: Path, helm: Path) -> None:
    """A helm binary gives the same documents of the same templates."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: splitting\nversion: 0.1.0\n", encoding="utf-8")
    for name, text in SEPARATORS.items():
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")
    ours, theirs = (
        open_engine(name, load_chart(tmp_path)).render([], Release()).manifests for name in (IN_PROCESS, str(helm))
    )
    assert sorted((each.source, each.text) for each in ours) == sorted((each.source, each.text) for each in theirs)
    assert len(ours) == 4


def config_map(name: str, data: Any, kind: str = "ConfigMap") -> dict[str, Any]:
    """A rendered object."""
    return {"kind": kind, "metadata": {"name": name}, "data": data}


OBJECTS: list[dict[str, Any]] = [
    config_map("one-templates", {"a.yaml": "A", "b.yml": "B", "c.txt": "C"}),
    config_map("two-templates", {"a.yaml": "D"}),
    config_map("templates", {"a.yaml": "E"}),
    config_map("one-templates", {"a.yaml": "F"}, kind="Secret"),
    config_map("no-data-templates", None),
    {"kind": "ConfigMap", "metadata": None, "data": {"a.yaml": "G"}},
    {"kind": "ConfigMap", "data": {"a.yaml": "H"}},
    {},
]


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        ([Selector("ConfigMap", "*-templates", ("*.yaml",))], "AD"),
        ([Selector("ConfigMap", "one-*", ("*.y*ml", "c.*"))], "ABC"),
        ([Selector("ConfigMap", "one-templates", ("a.yaml", "*.yaml"))], "A"),
        ([Selector("ConfigMap", "ONE-*", ("*",)), Selector("configmap", "*", ("*",))], ""),
        ([Selector("ConfigMap", "[ot]*-templates", ("?.yaml",))], "AD"),
        ([Selector("ConfigMap", "one-*", ("a*",)), Selector("Secret", "one-*", ("a*",))], "AF"),
        ([Selector("ConfigMap", "*", ("b*",)), Selector("ConfigMap", "two*", ("a*",))], "BD"),
        ([Selector("ConfigMap", "", ("*",))], "GH"),
        ([], ""),
    ],
)
def test_templates_are_found_by_kind_name_and_key(selectors: list[Selector], found: str) -> None:
    """Globs are matched with the whole name and key, case counts, and each template is found once, in order."""
    assert "".join(each.text for each in find_service_templates(OBJECTS, selectors)) == found


@pytest.mark.parametrize("text", [1, None, {"a": 1}, ["a"], True])
def test_selected_entry_that_is_no_text_is_refused(text: object) -> None:
    """What a control plane would read as a text has to be one; entries that are not selected may be anything."""
    selector = Selector("ConfigMap", "*", ("a",))
    with pytest.raises(
        DocumentError, match=r"ConfigMap/x\[a\] is a .*, not a text\. Write it as a block scalar: 'a: \|-'"
    ):
        list(find_service_templates([config_map("x", {"a": text})], [selector]))
    assert not list(find_service_templates([config_map("x", {"b": text})], [selector]))


@pytest.mark.parametrize(
    ("skip", "suited"),
    [
        ((), True),
        (("a-*",), False),
        (("*-cpu.yaml",), False),
        (("*.yml", "a*"), False),
        (("A-*",), True),
        (("a",), True),
    ],
)
def test_set_suits_what_it_does_not_skip(skip: tuple[str, ...], suited: bool) -> None:
    """A set is for every key that none of its globs matches as a whole."""
    assert ArgumentSet("x", "", skip, {}).suits("a-cpu.yaml") is suited


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """A chart with a subchart that can be switched off, goes by another name, and has a schema."""
    subchart = tmp_path / "charts/child"
    (subchart / "templates").mkdir(parents=True)
    (tmp_path / "Chart.yaml").write_text(
        "apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:\n"
        "  - {name: child, alias: kid, version: 0.1.0, condition: kid.enabled}\n",
        encoding="utf-8",
    )
    (tmp_path / "values.yaml").write_text("kid: {enabled: true}\n", encoding="utf-8")
    (subchart / "Chart.yaml").write_text("apiVersion: v2\nname: child\nversion: 0.1.0\n", encoding="utf-8")
    (subchart / "values.schema.json").write_text('{"properties": {"count": {"type": "integer"}}}', encoding="utf-8")
    (subchart / "templates/a.yaml").write_text("count: {{ .Values.count }}\n", encoding="utf-8")
    (subchart / "templates/NOTES.txt").write_text("The child's.\n", encoding="utf-8")
    return tmp_path


def test_schema_of_a_subchart_counts(parent: Path) -> None:
    """A subchart's own schema refuses values, under its alias, and its notes are not the chart's."""
    engine = open_engine(IN_PROCESS, load_chart(parent))
    stage_one = engine.render(["kid: {count: 1}\n"], Release())
    assert ([each.text for each in stage_one.manifests], stage_one.notes) == (["count: 1"], "")
    with pytest.raises(ValuesError, match=r"(?s)at '/count': got string, want integer.*Correct the values file"):
        engine.render(["kid: {count: many}\n"], Release())


def test_schema_of_a_subchart_that_is_off_does_not_count(parent: Path) -> None:
    """What is switched off is not checked, as with Helm."""
    engine = open_engine(IN_PROCESS, load_chart(parent))
    assert engine.render(["kid: {count: many, enabled: false}\n"], Release()).manifests == ()
