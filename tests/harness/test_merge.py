"""`helm-nested merge`: the shards of one run, all of them, each once; anything less is no verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.cli import main

from .switches import JOB, Switches, refused_with


@pytest.fixture
def project(tmp_path: Path) -> Switches:
    """A chart without findings: every switch is read."""
    reading = "".join(f'"{name}": "{{{{ .Values.{name} }}}}x", ' for name in "abcde")
    return Switches(tmp_path, JOB.replace("metadata: {", f"metadata: {{annotations: {{{reading}}}, "))


def shard(project: Switches, part: str, *options: str) -> Path:
    """The file of one shard's outcome."""
    project.check("--shard", part, *options)
    file = project.folder / f"{part.replace('/', '-of-')}{len(options)}.json"
    file.write_text((project.folder / "check.json").read_text())
    return file


def merged(project: Switches, *files: Path) -> int:
    """The exit status of `merge` with these files."""
    return main(["merge", *map(str, files), "--json", str(project.folder / "merged.json")])


def test_all_shards_are_the_whole(project: Switches) -> None:
    """The combinations of all shards add up to those of the run without shards."""
    assert merged(project, *(shard(project, f"{number}/3") for number in (3, 1, 2))) == 0
    outcome = json.loads((project.folder / "merged.json").read_text())
    assert (outcome["combinations"], outcome["shard"], outcome["shards"]) == (32, 1, 1)
    assert outcome["strength"] == "all"


def test_a_missing_shard_is_named(project: Switches, capsys: pytest.CaptureFixture[str]) -> None:
    """An incomplete run is refused, not reported as free of findings."""
    assert merged(project, shard(project, "1/3"), shard(project, "2/3")) == 2
    assert "the shards 3/3 are missing" in refused_with(capsys)


def test_a_shard_given_twice_is_refused(project: Switches, capsys: pytest.CaptureFixture[str]) -> None:
    """The same shard twice is not two shards."""
    file = shard(project, "1/2")
    assert merged(project, file, file) == 2
    assert "1/2 is given twice" in refused_with(capsys)


def test_other_strengths_are_refused(project: Switches, capsys: pytest.CaptureFixture[str]) -> None:
    """Shards of different strength are parts of different runs."""
    assert merged(project, shard(project, "1/2"), shard(project, "2/2", "--strength", "3")) == 2
    assert "different strengths" in refused_with(capsys)


def test_other_charts_are_refused(project: Switches, capsys: pytest.CaptureFixture[str]) -> None:
    """Shards of a chart before and after an edit are parts of different runs."""
    first = shard(project, "1/2")
    (project.folder / "chart" / "values.yaml").write_text('{"a": true}')
    assert merged(project, first, shard(project, "2/2")) == 2
    assert "different charts" in refused_with(capsys)


def test_an_empty_shard_is_refused(project: Switches, capsys: pytest.CaptureFixture[str]) -> None:
    """A part without a combination has checked nothing."""
    assert project.check("--shard", "40/40") == 2
    assert "no combination" in refused_with(capsys)


@pytest.mark.parametrize(
    "change", [{"combinations": "x"}, {"combinations": 1.5}, {"seconds": None}, {"shard": 9}, {"engine": 1}]
)
def test_a_figure_of_another_type_is_refused(
    project: Switches, capsys: pytest.CaptureFixture[str], change: dict[str, Any]
) -> None:
    """A file that was changed by hand gives one clear error."""
    file = shard(project, "1/1")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert merged(project, file) == 2
    assert "is not what check --json writes" in refused_with(capsys)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "textz", "keys": ["*.yaml"]}, "serviceTemplates[1]: no combination renders a ConfigMap whose name"),
        ({"name": "tex*", "keys": ["*.yaml", "*.yml"]}, "serviceTemplates[1].keys: '*.yml' matches no key"),
    ],
    ids=["name", "key"],
)
def test_what_no_shard_selects_is_refused(
    project: Switches, more: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each shard may lack what another one renders; what all of them lack was not checked, as in one run."""
    project.configure([{"kind": "ConfigMap", "name": "texts", "keys": ["job.yaml"]}, {"kind": "ConfigMap", **more}])
    files = [shard(project, f"{number}/2") for number in (1, 2)]
    assert merged(project, *files) == 2
    assert said in refused_with(capsys)


def test_what_one_shard_selects_is_enough(project: Switches) -> None:
    """A ConfigMap that only the combinations of one shard render is checked there."""
    every = " ".join(f".Values.{name}" for name in "abcde")
    project.write(
        "chart/templates/more.yaml",
        f"{{{{ if and {every} }}}}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: more}}\ndata: {{a.yaml: "
        "'kind: Secret'}\n{{ end }}",
    )
    named = [{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "more")]
    project.configure(named)
    files = [shard(project, f"{number}/2") for number in (1, 2)]
    assert merged(project, *files) == 1


def after_merge(project: Switches) -> dict[str, tuple[str, list[str]]]:
    """The findings of two shards together, by their checks: where they are."""
    files = [shard(project, f"{number}/2") for number in (1, 2)]
    for file in files:
        assert json.loads(file.read_text())["findings"] == []
    assert merged(project, *files) in (0, 1)
    outcome = json.loads((project.folder / "merged.json").read_text())
    return {each["checks"][0]: (each["path"], each["keys"]) for each in outcome["findings"]}


def more_templates(project: Switches, *lines: str) -> None:
    """A second ConfigMap, whose keys these lines are."""
    data = "".join(f"  {line}\n" for line in lines)
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: more}}\ndata:\n{data}"
    project.write("chart/templates/more.yaml", text)
    project.configure([{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "more")])


def test_a_key_that_yields_no_document_in_any_shard_is_told(project: Switches) -> None:
    """As in one run: nothing of it was checked, though only some combinations have the key."""
    more_templates(project, 'a.yaml: "# nothing"', '{{ if .Values.e }}b.yaml: "# nothing"{{ end }}')
    assert after_merge(project) == {"no-document": ("", ["a.yaml", "b.yaml"])}


def test_a_key_that_yields_a_document_in_one_shard_is_checked(project: Switches) -> None:
    """A document in one combination of one shard is enough."""
    every = " ".join(f".Values.{name}" for name in "abcde")
    account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}"
    more_templates(project, f'a.yaml: "{{{{ if and {every} }}}}{account}{{{{ end }}}}"')
    assert after_merge(project) == {}


def test_what_is_accepted_and_in_no_shard_is_told(project: Switches) -> None:
    """An entry that no shard needs may hide what comes next; one that any shard needs is left alone."""
    more_templates(project, 'a.yaml: "{{ if .Values.e }}# nothing{{ else }}# nothing at all{{ end }}"')
    entries = [{"check": "no-document", "path": "*", "reason": "it is empty on purpose"}]
    entries.append({"check": "mount-without-volume", "path": "*", "reason": "there was one before"})
    selectors = [{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "more")]
    project.configure(selectors, accepted=entries)
    assert after_merge(project) == {"accepts-nothing": ("checks.accepted[1]", [])}


def test_a_schema_that_judges_in_no_shard_is_told(project: Switches) -> None:
    """One that has something to judge in one combination of one shard is left alone."""
    every = " ".join(f".Values.{name}" for name in "abcde")
    widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}"
    more_templates(project, f'a.yaml: "{{{{ if and {every} }}}}{widget}{{{{ end }}}}"')
    project.write("widget.json", '{"type": "object"}')
    schemas = [{"apiVersion": "example.com/v1", "kind": kind, "schema": "widget.json"} for kind in ("Widget", "Gadget")]
    selectors = [{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "more")]
    project.configure(selectors, customSchemas=schemas)
    assert after_merge(project) == {"judges-nothing": ("checks.customSchemas[1]", [])}


def test_an_exception_that_is_needed_in_no_shard_is_told(project: Switches) -> None:
    """One that is needed in one combination of one shard is left alone."""
    every = " ".join(f".Values.{name}" for name in "abcde")
    gadget = "{apiVersion: example.com/v1, kind: Gadget, metadata: {name: a}}"
    more_templates(project, f'a.yaml: "{{{{ if and {every} }}}}{gadget}{{{{ end }}}}"')
    selectors = [{"kind": "ConfigMap", "name": name, "keys": ["*.yaml"]} for name in ("texts", "more")]
    project.configure(selectors, withoutSchema={"Gadget": "its maker publishes none", "Wdget": "as well"})
    assert after_merge(project) == {"excepts-nothing": ("checks.withoutSchema.Wdget", [])}


def test_what_the_shards_found_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is told once, as by a run without shards, with the values that show it."""
    template = JOB.replace("spec:\n  template", "spec:\n  {{- if .Values.e }}\n  odd: 1\n  {{- end }}\n  template")
    project = Switches(tmp_path, template)
    files = [shard(project, f"{number}/2") for number in (1, 2)]
    capsys.readouterr()
    assert merged(project, *files) == 1
    told = capsys.readouterr().out
    assert told.count("when: e=yes") == 1
    assert 'with a file values.yaml that holds {"e": true}' in told


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"format": 4}'])
def test_another_file_is_refused_in_words(project: Switches, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON file that `check --json` did not write is told by what it lacks."""
    (project.folder / "other.json").write_text(text)
    assert merged(project, project.folder / "other.json") == 2
    assert "other.json is not what check --json writes: " in (said := refused_with(capsys))
    assert "it has no 'format'" in said or "'findings' is no list" in said
