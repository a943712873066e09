"""What was not selected was not checked: a selector, or a key's pattern, that chooses nothing ends the run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main

from .switches import JOB, Switches, refused_with

RIGHT = {"kind": "ConfigMap", "name": "texts", "keys": ["*.yaml"]}


@pytest.mark.parametrize(
    ("selectors", "words"),
    [
        ([{**RIGHT, "name": "text"}], "Did you mean 'ConfigMap/texts'?"),
        ([{**RIGHT, "kind": "Secret"}], "renders a Secret whose name matches 'texts'"),
        ([{**RIGHT, "keys": ["*.yml"]}], "'*.yml' matches no key of ConfigMap/texts"),
        ([{**RIGHT, "keys": ["*.yaml", "jobs.yaml"]}], "'jobs.yaml' matches no key"),
        ([RIGHT, {**RIGHT, "name": "others"}], "serviceTemplates[1]"),
    ],
)
@pytest.mark.parametrize("strength", ["all", "2"])
def test_a_selector_that_chooses_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], selectors: object, words: str, strength: str
) -> None:
    """The run ends with status 2 and names the selector and the nearest object or key."""
    project = Switches(tmp_path)
    project.configure(selectors)
    assert project.check("--strength", strength) == 2
    assert words in refused_with(capsys)


@pytest.mark.parametrize(
    ("selectors", "words"),
    [
        ([{**RIGHT, "name": "text"}], "Did you mean 'ConfigMap/texts'?"),
        ([RIGHT, {**RIGHT, "name": "others"}], "serviceTemplates[1]"),
        ([{**RIGHT, "keys": ["*.yml"]}], "'*.yml' matches no key of ConfigMap/texts"),
    ],
)
def test_diff_refuses_a_selector_that_chooses_nothing_in_both_versions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], selectors: object, words: str
) -> None:
    """No service template is compared then, so 'nothing changed' would say nothing."""
    project = Switches(tmp_path)
    project.configure(selectors)
    assert diff(tmp_path, tmp_path / "chart") == 2
    assert words in refused_with(capsys)


def test_diff_takes_a_selector_that_chooses_something_in_one_version(tmp_path: Path) -> None:
    """What came, or went, is in the other version alone."""
    project = Switches(tmp_path)
    shutil.copytree(tmp_path / "chart", tmp_path / "base")
    more = (tmp_path / "chart/templates/map.yaml").read_text().replace("texts", "more").replace("job.yaml", "more.yaml")
    project.write("chart/templates/more.yaml", more)
    project.configure([RIGHT, {**RIGHT, "name": "more"}])
    assert diff(tmp_path, tmp_path / "base") == 1


def diff(folder: Path, base: Path) -> int:
    """The exit status of `diff` with that chart as the base."""
    return main(["diff", "--config", str(folder / "helm-nested.yaml"), "--base", str(base), "--strength", "2"])


def test_a_key_without_a_document_is_a_finding(tmp_path: Path) -> None:
    """A template that yields nothing in any combination was never checked, so it is told."""
    (finding,) = Switches(tmp_path, "# ${NAME} is all there is").findings()
    assert finding["checks"] == ["no-document"]
    assert finding["when"] == ["always"]


def test_accepting_an_unknown_check_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt check under `accepted` is named with the nearest one."""
    project = Switches(tmp_path)
    project.configure(accepted=[{"check": "kubernetes-shema", "path": "*", "reason": "x"}])
    assert project.check() == 2
    assert "Did you mean 'kubernetes-schema'?" in refused_with(capsys)


def test_accepting_nothing_is_a_finding(tmp_path: Path) -> None:
    """An entry that no failure needs is told at full strength."""
    project = Switches(tmp_path)
    project.configure(accepted=[{"check": "kubernetes-schema", "path": "spec.odd", "reason": "x"}])
    (finding,) = project.findings()
    assert finding["checks"] == ["accepts-nothing"]
    assert project.findings("--strength", "2") == []


WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: "${NAME}"}
spec: {triggers: [{type: a, metadata: {queue: x}}]}
"""
WITHOUT_SCHEMA = {"check": "custom-schema", "path": "kind", "reason": "a part of it is checked"}
FOR_WIDGETS: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Widget", "schema": "widget.json"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, None),
        ({"at": "spec.triggers[].metadata", "where": {"type": "a"}}, None),
        ({"kind": "Wdget"}, "no document is a Wdget of example.com/v1: correct"),
        ({"apiVersion": "example.com/v2"}, "no document is a Widget of example.com/v2: correct"),
        ({"at": "spec.trigers[].metadata"}, "with something at 'spec.trigers[].metadata': correct"),
        ({"at": "spec.triggers[].metadata", "where": {"type": "b"}}, "metadata' where type is 'b': correct"),
        ({"at": "spec.trigers", "schema": "absent.json"}, "with something at 'spec.trigers': correct"),
    ],
)
def test_a_schema_that_judges_nothing_is_a_finding(tmp_path: Path, entry: dict[str, Any], said: str | None) -> None:
    """What it is for was not checked: its kind, its path or the entries that it is for may be misspelt."""
    project = Switches(tmp_path, WIDGET)
    project.write("widget.json", '{"type": "object"}')
    project.configure(customSchemas=[{**FOR_WIDGETS, **entry}], accepted=[WITHOUT_SCHEMA])
    found = [each for each in project.findings() if each["checks"] != ["accepts-nothing"]]
    assert [(each["checks"], each["path"]) for each in found] == (
        [] if said is None else [(["judges-nothing"], "checks.customSchemas[0]")]
    )
    assert said is None or said in found[0]["message"]
    assert project.findings("--strength", "2") == []


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"withoutSchema": {"Widget": "x"}}, None),
        ({"withoutSchema": {"Widget": "x"}, "customSchemas": [{**FOR_WIDGETS, "at": "spec"}]}, None),
        (
            {"withoutSchema": {"Widget": "x"}, "customSchemas": [FOR_WIDGETS]},
            ("checks.withoutSchema.Widget", "no document is a Widget for which there is no schema: correct"),
        ),
        (
            {"withoutSchema": {"Widget": "x", "ConfigMap": "x"}},
            ("checks.withoutSchema.ConfigMap", "no document is a ConfigMap for which there is no schema: correct"),
        ),
        (
            {"withoutSchema": {"Widget": "x", "Wdget": "x"}},
            ("checks.withoutSchema.Wdget", "no document is a Wdget for which there is no schema: correct"),
        ),
    ],
)
def test_a_kind_that_needs_no_exception_is_a_finding(
    tmp_path: Path, checks: dict[str, Any], said: tuple[str, str] | None
) -> None:
    """It is misspelt, or its schema is there by now: the entry would hide that it is gone one day."""
    project = Switches(tmp_path, WIDGET)
    project.write("widget.json", '{"type": "object"}')
    project.configure(**checks)
    found = project.findings()
    assert [(each["checks"], each["path"]) for each in found] == ([(["excepts-nothing"], said[0])] if said else [])
    assert said is None or said[1] in found[0]["message"]
    assert project.findings("--strength", "2") == []


MOUNTS = JOB.replace("restartPolicy: Never", "restartPolicy: Never\n      serviceAccountName: theirs")
THEIRS = {"kind": "ServiceAccount", "name": "their*", "owner": "theirs"}


@pytest.mark.parametrize(
    ("entries", "paths"),
    [
        ([THEIRS], []),
        ([{**THEIRS, "kind": "*"}], []),
        ([THEIRS, {**THEIRS, "name": "other"}], ["checks.external[1]"]),
        ([{**THEIRS, "kind": "Secret"}, THEIRS], ["checks.external[0]"]),
        ([THEIRS, {"kind": "Pod", "name": "*", "owner": "theirs"}], []),
    ],
)
def test_an_object_of_others_that_nothing_refers_to_is_a_finding(
    tmp_path: Path, entries: list[dict[str, str]], paths: list[str]
) -> None:
    """An entry that is left over hides the next reference to what is not there."""
    project = Switches(tmp_path, MOUNTS)
    project.configure(external=entries)
    found = project.findings()
    assert [(each["checks"], each["path"]) for each in found] == [(["excepts-nothing"], path) for path in paths]
    assert all("no document refers to a" in each["message"] for each in found)
    accepted = [{"check": "excepts-nothing", "path": path, "reason": "of values that users have"} for path in paths]
    project.configure(external=entries, accepted=accepted)
    assert project.findings() == []


def test_a_schema_that_judges_nothing_can_be_accepted(tmp_path: Path) -> None:
    """It may be of a kind that other values files bring."""
    project = Switches(tmp_path)
    project.write("widget.json", '{"type": "object"}')
    accepted = [{"check": "judges-nothing", "path": "checks.customSchemas[0]", "reason": "of values that users have"}]
    project.configure(customSchemas=[FOR_WIDGETS], accepted=accepted)
    assert project.findings() == []


def test_unvaried_values_can_be_accepted(tmp_path: Path) -> None:
    """A glob over the names of findings that no check makes is honoured."""
    project = Switches(tmp_path, "kind: ConfigMap\napiVersion: v1\nmetadata: {name: '{{ .Release.Name }}'}")
    project.configure(accepted=[{"check": name, "path": "*", "reason": "x"} for name in ("unvaried*", "value-*")])
    assert project.check() == 0


@pytest.mark.parametrize(("kind", "field"), [("ConfigMap", "binaryData"), ("Secret", "stringData")])
def test_a_selected_key_in_another_map_is_a_finding(tmp_path: Path, kind: str, field: str) -> None:
    """Keys are those of data; what has such a key elsewhere is not looked at, and the finding says what to do."""
    project = Switches(tmp_path)
    project.configure([RIGHT, {"kind": kind, "name": "more", "keys": ["*.yaml"]}])
    data = "data: {a.yaml: 'kind: A'}\n" if kind == "ConfigMap" else "data: {a.yaml: a2luZDogQQ==}\n"
    more = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: more}}\n{data}"
    project.write("chart/templates/more.yaml", f"{more}{field}: {{other.yaml: bm90OiBb}}\n")
    (finding,) = [each for each in project.findings() if each["checks"] == ["cannot-be-rendered"]]
    assert f"'keys' selects 'other.yaml', which stands in {field}" in finding["message"]
    project.write("chart/templates/more.yaml", f"{more}{field}: {{other.png: bm90OiBb}}\n")
    assert not [each for each in project.findings() if each["checks"] == ["cannot-be-rendered"]]
