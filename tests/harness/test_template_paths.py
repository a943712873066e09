"""Service templates in any field of any kind, found by a path."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from helm_nested.errors import ConfigurationError, DocumentError
from helm_nested.review.page import page
from nested_templates.dialect import STRING_TEMPLATE, open_dialect
from nested_templates.service_template import Selector, find_service_templates
from nested_templates.template_path import parse_path

from .conftest import HERE, Run
from .page_markup import Markup
from .test_refusals import patch

OBJECT: dict[str, Any] = {
    "kind": "Blueprint",
    "metadata": {"name": "x"},
    "data": {"a.yaml": "A", "b c": "B", "it's": "C", 1: "D"},
    "spec": {
        "templates": [{"name": "one", "body": "1"}, {"name": "two", "body": "2"}],
        "by-name": {"first": {"body": "3"}, "second": {"body": "4"}},
        "empty": [],
        "none": {},
        "null": None,
        "nested": [["5", "6"], ["7"]],
        "mixed": [{"body": "8"}, {"other": 1}, "9"],
    },
}


@pytest.fixture
def blueprints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the chart with templates in a custom resource, as the working directory."""
    folder = tmp_path / "kiosk"
    shutil.copytree(HERE / "charts" / "custom_resource", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    return folder


def found(path: str, document: dict[str, Any] = OBJECT) -> dict[str, str]:
    """What is found by that path, by key."""
    selector = Selector("Blueprint", "x", path=parse_path(path, "here"))
    return {each.key: each.text for each in find_service_templates([document], [selector])}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.spec.templates[*].body", {"spec.templates[0].body": "1", "spec.templates[1].body": "2"}),
        ("$.spec.templates[1].body", {"spec.templates[1].body": "2"}),
        ("$.spec.templates.*.body", {"spec.templates[0].body": "1", "spec.templates[1].body": "2"}),
        ("$['spec']['templates'][0]['body']", {"spec.templates[0].body": "1"}),
        ('$["spec"].templates[0].body', {"spec.templates[0].body": "1"}),
        ("$.spec.by-name.*.body", {"spec.by-name.first.body": "3", "spec.by-name.second.body": "4"}),
        ("$.spec.by-name[*].body", {"spec.by-name.first.body": "3", "spec.by-name.second.body": "4"}),
        ("$.data['a.yaml']", {'data["a.yaml"]': "A"}),
        ("$.data['b c']", {'data["b c"]': "B"}),
        (r"$.data['it\'s']", {'data["it\'s"]': "C"}),
        ("$.spec.nested[*][*]", {"spec.nested[0][0]": "5", "spec.nested[0][1]": "6", "spec.nested[1][0]": "7"}),
        ("$.spec.mixed[*].body", {"spec.mixed[0].body": "8"}),
        ("$.spec.empty[*].body", {}),
        ("$.spec.none.*", {}),
        ("$.spec.null[*].body", {}),
        ("spec.templates[].body", {"spec.templates[0].body": "1", "spec.templates[1].body": "2"}),
        ('data["a.yaml"]', {'data["a.yaml"]': "A"}),
    ],
)
def test_what_a_path_finds(path: str, expected: dict[str, str]) -> None:
    """Each text is found under the path that leads to it alone; a wildcard over nothing finds nothing."""
    assert found(path) == expected


@pytest.mark.parametrize("path", ["$.spec.templates[*].body", "$.data['a.yaml']", r"$.data['it\'s']"])
def test_a_key_is_a_path_to_the_same_text(path: str) -> None:
    """The key of a found template, read as a path, finds that template."""
    for key, text in found(path).items():
        assert found(key) == {key: text}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$.spec.tempaltes[*].body", "spec has no 'tempaltes'. Did you mean 'templates'?"),
        ("$.spec.templates[*].boyd", "spec.templates[0] has no 'boyd'. Did you mean 'body'?"),
        ("$.spec.templates[2].body", "spec.templates has 2 entries, the last being [1]"),
        ("$.spec.empty[0]", "spec.empty has 0 entries"),
        ("$.spec.templates.body", "spec.templates is a list, not a map"),
        ("$.spec.by-name[0]", "spec.by-name is a dict, not a list"),
        ("$.kind.*", "kind is a str, and holds nothing"),
        ("$.spec.null.body", "spec.null is a NoneType, not a map"),
        ("$.data['1']", "data has no '1'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, said: str) -> None:
    """A path that matches nothing in an object it is meant for is a mistake, told with the step that failed."""
    with pytest.raises(DocumentError) as caught:
        found(path)
    assert f"Blueprint/x: the path {path} leads nowhere: {said}" in str(caught.value)
    assert "'path' in the configuration" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("$.spec.templates", "Blueprint/x[spec.templates] is a list, not a text"),
        ("$.spec.templates[*]", "Blueprint/x[spec.templates[0]] is a dict, not a text"),
        ("$.spec.null", "Blueprint/x[spec.null] is a NoneType, not a text"),
        ("$", "Blueprint/x is a dict, not a text"),
    ],
)
def test_what_is_no_text_is_refused(path: str, said: str) -> None:
    """A template is a text; anything else is named with its path."""
    with pytest.raises(DocumentError) as caught:
        found(path)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("path", "column"),
    [
        (".spec", 1), ("$spec", 2), ("$.", 2), ("$..body", 2), ("$.spec..body", 7), ("$.a[", 4),
        ("$.a[-1]", 4), ("$.a[1:2]", 4), ("$.a[?(@.b)]", 4), ("$.a['b','c']", 4), ("$.a[b]", 4),
        ("$.a['b]", 4), ("$.a b", 4), ("$.a.", 4), ("$.a[0", 4), ("$.a.b()", 6), (" $.a", 1),
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str, column: int) -> None:
    """Anything beyond names, numbers and wildcards is refused, with the place where it stops being understood."""
    with pytest.raises(ConfigurationError) as caught:
        parse_path(path, "serviceTemplates[0].path")
    assert str(caught.value).startswith(f"serviceTemplates[0].path: {path!r} is not understood from column {column} on")
    assert "spec.templates[*].body" in str(caught.value)


def test_a_text_is_found_once() -> None:
    """Several entries may lead to one text; the first of them says how it is filled."""
    jinja2 = open_dialect("jinja2", "here", Path())
    document = {**OBJECT, "data": {"a.yaml": "A", "b.yaml": "B"}}
    by_path = Selector("Blueprint", "*", path=parse_path("$.data['a.yaml']", "here"), dialect=jinja2)
    by_key = Selector("Blueprint", "*", ("*.yaml",))
    for selectors, expected in (
        ([by_path, by_key], [('data["a.yaml"]', jinja2), ("b.yaml", STRING_TEMPLATE)]),
        ([by_key, by_path], [("a.yaml", STRING_TEMPLATE), ("b.yaml", STRING_TEMPLATE)]),
    ):
        templates = find_service_templates([document], selectors)
        assert [(each.key, each.dialect) for each in templates] == expected


def test_only_objects_of_that_kind_and_name_are_searched() -> None:
    """A path that leads nowhere in other objects is no mistake."""
    assert found("$.spec.templates[0].body", {"kind": "Other", "metadata": {"name": "x"}}) == {}
    assert found("$.spec.templates[0].body", {"kind": "Blueprint", "metadata": {"name": "y"}}) == {}


# ---- A whole chart, its templates in a custom resource, filled by a function of its own


def test_a_custom_resources_templates_are_filled(blueprints: Path, run: Run) -> None:
    """Templates found by path are filled by the operator's own function, with each set that is for them."""
    outcome = run("render", "--out", "out")
    assert outcome.status == 0, outcome.err
    assert "2 service templates" in outcome.out
    folder = blueprints / "out/defaults/filled"
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*.body")) == [
        "large/spec.templates[0].body",
        "small/spec.templates[0].body",
        "small/spec.templates[1].body",
    ]
    assert 'name: "1e3"' in (folder / "large/spec.templates[0].body").read_text(encoding="utf-8")


def test_the_page_of_a_function_dialect_renders(blueprints: Path, run: Run) -> None:
    """What a function takes cannot be told, so every argument is listed, and filled texts are shown as they are."""
    assert run("render", "--out", "out").status == 0
    review = json.loads((blueprints / "out/render.json").read_text(encoding="utf-8"))
    first, second = review["scenarios"][0]["serviceTemplates"]
    assert (set(first["filled"]), set(second["filled"])) == ({"small", "large"}, {"small"})
    assert set(review["placeholders"]) == {"tenant", "limits"}
    data = Markup(page(review, None)).data
    assert {each["name"]: each["not_for"] for each in data["now"]["argument_sets"]} == {
        "small": [],
        "large": ["spec.templates[1].body"],
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("helm-nested.yaml", "$.spec.templates[*].body", "$.spec.template[*].body",
         ("scenario 'defaults': TenantBlueprint/kiosk: the path $.spec.template[*].body leads nowhere",
          "spec has no 'template'. Did you mean 'templates'?")),
        ("helm-nested.yaml", "$.spec.templates[*].body", "$.spec.templates[*]",
         ("TenantBlueprint/kiosk[spec.templates[0]] is a dict, not a text",)),
        ("helm-nested.yaml", "$.spec.templates[*].body", "$.spec..body",
         ("serviceTemplates[0].path: '$.spec..body' is not understood from column 7 on",)),
        ("helm-nested.yaml", "path: $.spec.templates[*].body", "paths: a",
         ("serviceTemplates[0].paths: unknown key. Did you mean 'path'?",)),
        ("helm-nested.yaml", "operator.py:fill", "operator.py:fil",
         ("serviceTemplates[0].dialect: operator.py has no 'fil'. Did you mean 'fill'?",)),
        ("helm-nested.yaml", "operator.py:fill", "operators.py:fill",
         ("serviceTemplates[0].dialect: there is no file operators.py",)),
        ("operator.py", "return re.sub", "re.sub",
         ("TenantBlueprint/kiosk[spec.templates[0].body]", "operator.py:fill returned a NoneType, not a text")),
        ("operator.py", "    return", "    raise LookupError('closed')\n    return",
         ("TenantBlueprint/kiosk[spec.templates[0].body]", "operator.py, line 12", "LookupError: closed")),
        ("chart/templates/blueprint.yaml", "hard: <<limits>>", "hard: <<limit>>",
         ("[spec.templates[1].body]", "nobody fills limit: it is not in the contract. Did you mean 'limits'?")),
    ],
)  # fmt: skip
def test_a_defect_is_explained(
    blueprints: Path, run: Run, file: str, old: str, new: str, said: tuple[str, ...]
) -> None:
    """One message with what, where and the nearest right thing; nothing is written."""
    patch(blueprints / file, old, new)
    outcome = run("render", "--out", "out")
    assert (outcome.status, outcome.err.count("helm-nested: ")) == (2, 1), outcome.err
    for each in said:
        assert each in outcome.err
    assert "Traceback" not in outcome.err
    assert not (blueprints / "out").exists()


def test_an_argument_set_skips_a_path_as_it_is_written(blueprints: Path, run: Run) -> None:
    """A key under 'skip' may be a path, although its brackets mean something else in a glob."""
    assert run("render", "--out", "out").status == 0
    assert not (blueprints / "out/defaults/filled/large/spec.templates[1].body").exists()


MATRIX = """\
blocks: {all: everything}
axes:
  pods: {block: all, choices: {few: {}, many: {pods: 3}}}
  text: {block: all, choices: {short: {}, long: {text: long}}}
  release-name: {block: all, of: release, choices: {usual: {}, other: {name: other}}}
"""
BY_PATH = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: by-path
data:
  a.yaml: |-
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shared
      annotations: {tenant: <<tenant>>, text: "{{ .Values.text }}", pods: "{{ .Values.pods }}"}
"""


def check(folder: Path, run: Run) -> tuple[int, str]:
    """The exit status of checking the chart with a matrix, and what is said."""
    (folder / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    with (folder / "helm-nested.yaml").open("a", encoding="utf-8") as file:
        file.write('matrix: matrix.yaml\nchecks:\n  kubernetes: ["1.33"]\n')
        file.write("  withoutSchema: {TenantBlueprint: the operator brings no schema}\n")
    outcome = run("check")
    return outcome.status, outcome.out + outcome.err


def test_templates_found_by_path_are_checked(blueprints: Path, run: Run) -> None:
    """A path into `data` finds what a key finds, although texts are cut out of a manifest there."""
    (blueprints / "chart/templates/by-path.yaml").write_text(BY_PATH, encoding="utf-8")
    (blueprints / "chart/values.yaml").write_text("pods: 1\ntext: short\n", encoding="utf-8")
    entry = "  - {kind: ConfigMap, name: by-path, path: \"$.data['a.yaml']\", dialect: 'operator.py:fill'}"
    patch(blueprints / "helm-nested.yaml", "serviceTemplates:", f"serviceTemplates:\n{entry}")
    status, said = check(blueprints, run)
    assert (status, "6 distinct templates" in said) == (0, True), said


def test_a_key_that_two_objects_have_is_refused_by_a_check(blueprints: Path, run: Run) -> None:
    """What cannot be told apart is not taken for each other."""
    blueprint = blueprints / "chart/templates/blueprint.yaml"
    second = blueprint.read_text(encoding="utf-8").replace("{{ .Release.Name }}", "second")
    (blueprints / "chart/templates/second.yaml").write_text(second, encoding="utf-8")
    assert run("render", "--out", "out").status == 0
    status, said = check(blueprints, run)
    assert (status, "spec.templates[0].body" in said, "Traceback" in said) == (2, True, False), said
    assert "several objects" in said
