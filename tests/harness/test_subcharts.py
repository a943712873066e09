"""Charts inside a chart: which of them there are, and what the chart's schema and its templates see of their values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.chart import load_chart
from helm_nested.engine import Engine, Release, open_engine, open_in_process
from helm_nested.errors import ChartError, HelmNestedError, ValuesError

from .switches import Switches
from .test_chart_dependencies import SUB, write

SHOWING = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Chart.Name }}-{{ .Chart.Version }}}
data: {values: {{ toJson .Values | quote }}}
"""


def _chart(folder: Path, name: str, values: object, **more: Any) -> Path:
    """A chart whose ConfigMap shows its values."""
    write(folder, name, **more)
    (folder / "values.yaml").write_text(json.dumps(values), encoding="utf-8")
    (folder / "templates" / "one.yaml").write_text(SHOWING, encoding="utf-8")
    return folder


def _outcome(engine: Engine, values: dict[str, Any]) -> set[tuple[str, str]] | None:
    """What is rendered; None if the values are refused."""
    try:
        manifests = engine.render([json.dumps(values)], Release()).manifests
    except HelmNestedError:
        return None
    return {(each.source, each.text) for each in manifests}


def _two_versions(folder: Path) -> Path:
    """One chart in two versions, each with a template that the other one has not, and with one of its own."""
    second = {**SUB, "version": "2.0.0", "repository": ""}
    chart = _chart(
        folder, "parent", {}, dependencies=[{**SUB, "alias": "first", "repository": ""}, {**second, "alias": "second"}]
    )
    for number in ("1", "2"):
        below = _chart(chart / "charts" / f"sub-{number}", "sub", {"of": number})
        metadata = {"apiVersion": "v2", "name": "sub", "version": f"{number}.0.0"}
        (below / "Chart.yaml").write_text(json.dumps(metadata), encoding="utf-8")
        (below / "templates" / f"only-{number}.yaml").write_text(SHOWING, encoding="utf-8")
        _chart(below / "charts" / "deep", "deep", {"below": number})
        (below / "files").mkdir()
        (below / "files" / "Chart.yaml").write_text("name: none\n", encoding="utf-8")
    return chart


def test_two_versions_of_one_chart_are_both_there(tmp_path: Path, helm: Path) -> None:
    """Each alias has the templates and the values of its own version, as with the helm binary."""
    chart = load_chart(_two_versions(tmp_path / "chart"))
    ours, theirs = (_outcome(open_engine(name, chart), {}) or set() for name in ("in-process", str(helm)))
    deep = {(source, text) for source, text in ours | theirs if "/deep/" in source}
    # Helm 3 writes what is below two aliases as if it were below one chart without an alias.
    assert ours - deep == theirs - deep
    sources = {source.removeprefix("parent/charts/") for source, _ in ours}
    assert {"first/templates/only-1.yaml", "second/templates/only-2.yaml"} <= sources
    assert {text for source, text in ours if "/deep/" in source} == {
        SHOWING.replace("{{ .Chart.Name }}-{{ .Chart.Version }}", "deep-1.0.0")
        .replace(
            "{{ toJson .Values | quote }}",
            json.dumps(json.dumps({"below": below, "global": {}}, separators=(",", ":"))),
        )
        .rstrip()
        for below in ("1", "2")
    }
    assert len(ours) == 7


SCHEMAS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "import-values": ({"import-values": [{"child": "given", "parent": "got"}]}, {"required": ["got"]}),
    "an import of another type": (
        {"import-values": [{"child": "given", "parent": "got"}]},
        {"properties": {"got": {"properties": {"n": {"type": "string"}}}}},
    ),
    "an alias": ({"alias": "other"}, {"properties": {"other": {"required": ["a"]}}, "required": ["other"]}),
    "an alias alone": ({"alias": "other"}, {"additionalProperties": False, "properties": {"other": {}}}),
    "a condition": ({"condition": "sub.enabled"}, {"properties": {"sub": {"required": ["a"]}}}),
    "a condition that is off": (
        {"condition": "sub.enabled"},
        {"properties": {"sub": {"properties": {"a": {"type": ["integer", "null"]}}}}},
    ),
    "a tag": ({"tags": ["on"]}, {"properties": {"sub": {"required": ["a"]}}}),
}
VALUES: tuple[dict[str, Any], ...] = (
    {},
    {"sub": {"enabled": False}},
    {"sub": {"enabled": False, "a": None}},
    {"other": {"a": None}},
    {"tags": {"on": False}},
)


@pytest.mark.parametrize("case", SCHEMAS)
def test_the_schema_sees_the_values_of_subcharts_as_with_helm(tmp_path: Path, helm: Path, case: str) -> None:
    """The chart's schema refuses exactly what it refuses with the helm binary, and templates see the same values."""
    about, schema = SCHEMAS[case]
    path = _chart(tmp_path / "chart", "parent", {}, dependencies=[{**SUB, "repository": "", **about}])
    _chart(path / "charts" / "sub", "sub", {"a": 1, "enabled": True, "given": {"n": 1}})
    (path / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    chart = load_chart(path)
    ours, theirs = open_in_process(chart), open_engine(str(helm), chart)
    outcomes = [_outcome(ours, values) for values in VALUES]
    assert outcomes == [_outcome(theirs, values) for values in VALUES]


def test_values_as_templates_see_them(tmp_path: Path) -> None:
    """Aliases, conditions, globals and imports are in the values that a property is given."""
    dependency = {**SUB, "repository": "", "alias": "other", "import-values": [{"child": "given", "parent": "got"}]}
    path = _chart(tmp_path / "chart", "parent", {"own": 1}, dependencies=[dependency])
    _chart(path / "charts" / "sub", "sub", {"a": 1, "given": {"n": 1}})
    # What a subchart's schema refuses is told when it is rendered.
    (path / "charts" / "sub" / "values.schema.json").write_text('{"required": ["never"]}', encoding="utf-8")
    engine = open_in_process(load_chart(path))
    assert engine.effective({"global": {"x": "<&>"}, "other": {"a": 2}}) == {
        "global": {"x": "<&>"},
        "got": {"n": 1},
        "other": {"a": 2, "given": {"n": 1}, "global": {"x": "<&>"}},
        "own": 1,
    }


@pytest.mark.parametrize("engine", ["in-process", "helm"])
def test_a_library_chart_is_refused_as_such(tmp_path: Path, engine: str) -> None:
    """Helm renders nothing of it, and refuses it; that its ConfigMaps are missing would be the wrong reason."""
    chart = load_chart(_chart(tmp_path / "chart", "parent", {}, type="library"))
    with pytest.raises(ChartError, match=r"is a library chart: .* Name a chart that depends on it"):
        open_engine(engine, chart)


def test_names_of_subcharts_are_known(tmp_path: Path) -> None:
    """Also those of one that is switched off, two levels deep, under their aliases."""
    dependency = {**SUB, "repository": "", "alias": "other", "condition": "other.enabled", "tags": ["all"]}
    path = _chart(tmp_path / "chart", "parent", {"other": {"enabled": False}}, dependencies=[dependency])
    below = {**SUB, "name": "deep", "repository": "", "condition": "deep.enabled"}
    sub = _chart(path / "charts" / "sub", "sub", {"size": 1, "deep": {"enabled": False}}, dependencies=[below])
    _chart(sub / "charts" / "deep", "deep", {"colour": "red"})
    (sub / "files").mkdir()
    (sub / "files" / "Chart.yaml").write_text("{{ no YAML", encoding="utf-8")
    known = open_in_process(load_chart(path)).known_values()
    assert known["other"]["size"] == 1
    assert known["other"]["deep"]["colour"] == "red"


def test_values_of_a_subchart_with_service_templates_are_varied(tmp_path: Path) -> None:
    """Its values are the chart's as well: what no axis varies goes untested. Others are left alone."""
    switches = Switches(tmp_path)
    metadata = "{apiVersion: v2, name: %s, version: 0.1.0}"
    for folder, name in (("charts/holder", "holder"), ("charts/holder/charts/deep", "deep"), ("charts/other", "other")):
        switches.write(f"chart/{folder}/Chart.yaml", metadata % name)
        switches.write(f"chart/{folder}/values.yaml", "{read: 1, varied: 1, unread: {}, global: {x: 1}}")
        switches.write(
            f"chart/{folder}/templates/one.yaml",
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
            'data: {a.yaml: "{{ .Values.read }}{{ .Values.varied }}"}\n'.replace("{{", "# {{"),
        )
    switches.write("values/default.yaml", "{holder: {varied: 2}}")
    choices = {"no": {}, "yes": {"holder": {"varied": 3}}}
    axes = {name: {"block": "all", "choices": {"no": {}, "yes": {name: True}}} for name in "abcde"}
    axes["varied"] = {"block": "all", "choices": choices}
    switches.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
    named = [{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "holder")]
    switches.configure(named)
    assert switches.check("--strength", "3") == 1
    outcome = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
    found = {(each["checks"][0], each["path"]) for each in outcome["findings"]}
    assert {each for each in found if "." in each[1]} == {
        ("unvaried-value", "holder.read"),
        ("value-without-effect", "holder.unread"),
    }


def test_what_helm_reads_and_nothing_else_does_is_not_known(tmp_path: Path) -> None:
    """Of a key that stands twice in the requirements.yaml of somebody else's chart Helm takes the last."""
    path = _chart(tmp_path / "chart", "parent", {"own": 1})
    sub = _chart(path / "charts" / "sub", "sub", {"size": 1}, version="v1")
    (sub / "requirements.yaml").write_text("dependencies: []\ndependencies: []\n", encoding="utf-8")
    assert open_in_process(load_chart(path)).known_values() == {"own": 1}


def test_values_that_cannot_be_merged_are_not_known(tmp_path: Path) -> None:
    """A chart inside that is always off may fit no values; what is known without it is."""
    dependency = {**SUB, "repository": "", "tags": ["off"], "import-values": [{"child": "given", "parent": "got"}]}
    path = _chart(tmp_path / "chart", "parent", {"tags": {"off": False}, "sub": "text"}, dependencies=[dependency])
    _chart(path / "charts" / "sub", "sub", {"size": 1})
    assert open_in_process(load_chart(path)).known_values() == {"tags": {"off": False}, "sub": "text"}


def test_what_schemas_of_subcharts_refuse_is_told_one_by_one(tmp_path: Path) -> None:
    """Each with its chart and its place, in the same order each time: Helm says it all at once, in any order."""
    path = _chart(tmp_path / "chart", "parent", {})
    rule = {"type": "integer"}
    for folder in (path / "charts" / "one", path / "charts" / "one" / "charts" / "two"):
        _chart(folder, folder.name, {})
        properties = {"size": rule, "a/b": {"items": rule}, "any": {"anyOf": [rule, {"enum": ["x"]}]}}
        schema = {"additionalProperties": False, "properties": {**properties, "global": {}, "two": {}}}
        (folder / "values.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    wrong = {"size": "x", "a/b": [1, "x"], "any": "z", "q": 1, "p": 1}
    engine = open_in_process(load_chart(path))
    told = set()
    for _ in range(10):
        with pytest.raises(ValuesError) as caught:
            engine.render([json.dumps({"one": {**wrong, "two": {"size": "y"}}})], Release())
        told.add(str(caught.value))
    expected = [
        "  - one: at '': additional properties 'p', 'q' not allowed",
        "  - one: at '/any': 'anyOf' failed: at '/any': got string, want integer, at '/any': value must be 'x'",
        "  - one: at '/a~1b/1': got string, want integer",
        "  - one: at '/size': got string, want integer",
        "  - two: at '/size': got string, want integer",
    ]
    head = "values.schema.json refuses these values, in the charts that are named:"
    assert told == {"\n".join([head, *expected, "Correct the values file."])}


def test_two_values_that_a_subchart_refuses_are_two_findings(tmp_path: Path) -> None:
    """Each has the choices that it takes, whatever else is refused with it."""
    switches = Switches(tmp_path)
    switches.write("chart/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    schema = {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    switches.write("chart/charts/sub/values.schema.json", json.dumps(schema))
    axes = {name: {"block": "all", "choices": {"no": {}, "yes": {"sub": {name: "x"}}}} for name in "ab"}
    switches.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
    found = switches.findings()
    assert sorted((each["message"].rpartition(": sub: ")[2], each["when"]) for each in found) == [
        ("at '/a': got string, want integer", ["a=yes"]),
        ("at '/b': got string, want integer", ["b=yes"]),
    ]
