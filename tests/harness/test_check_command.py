"""`helm-nested check`: findings are one each, explained by the right choices, and nothing unchecked passes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helm_nested.cli import main

from .checked_project import CHART, CONFIGURATION, MATRIX, OWN_CHECK, Project, findings, project

__all__ = ["project"]


def test_a_right_chart_has_no_findings(project: Project) -> None:
    """Exit status 0, and one line with the figures."""
    status, out, _ = project.check()
    assert status == 0
    assert out.startswith("24 combinations, 1 inputs refused, ")
    assert ": 0 findings." in out


def test_three_defects_at_once_are_three_findings_with_the_right_choices(project: Project) -> None:
    """A defect of one choice, one of two and one that is always there are told apart, and each has its choices."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    project.change(
        "templates/templates.yaml",
        "          image:",
        '          {{- if and .Values.metrics (eq .Values.size "huge") }}\n          imagePullPolcy: Always\n'
        "          {{- end }}\n          image:",
    )
    project.change("templates/templates.yaml", "kind: ConfigMap\n    metadata:", "kind: ConfigMapp\n    metadata:")
    told = [(each["checks"], each["when"], each["combinations"], each["confirmed"]) for each in findings(project)]
    assert sorted(told, key=str) == [
        (["kubernetes-schema"], ["always"], 24, None),
        (["kubernetes-schema"], ["size=huge and metrics=with"], 4, None),
        (["mount-without-volume"], ["cache=with"], 12, None),
    ]
    sample = {(str(each["when"]), each["confirmed"]) for each in findings(project, "--strength", "2")}
    assert sample == {("['always']", None), ("['size=huge and metrics=with']", True), ("['cache=with']", True)}


def test_a_finding_says_where_and_how_to_see_it_again(project: Project) -> None:
    """Key, path, excerpt, a values file and a command that reproduces it."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    status, out, _ = project.check()
    assert status == 1
    assert "when: cache=with" in out
    assert "in:   pod.yaml" in out
    assert "- name: cash" in out
    values = (project.folder / "findings" / "1-values.yaml").read_text(encoding="utf-8")
    assert "cache: true" in values
    assert "size" not in values
    assert f"helm-nested render -f {project.folder / 'findings' / '1-values.yaml'}" in out


def test_a_sample_confirms_by_extra_renders(project: Project) -> None:
    """At strength 2 a conjunction is confirmed, or said not to be minimal yet."""
    project.change("templates/templates.yaml", "            - name: cache\n", "            - name: cash\n")
    (first, *_) = findings(project, "--strength", "2")
    assert (first["when"], first["confirmed"]) == (["cache=with"], True)


def test_misspelt_placeholder_is_one_finding(project: Project) -> None:
    """A placeholder that nobody fills is named with the nearest one, once for all argument sets."""
    project.change("templates/templates.yaml", "${IMAGE}", "${IMAEG}")
    (finding,) = findings(project)
    assert finding["message"] == "${IMAEG} is not in the contract."
    assert finding["advice"] == "Did you mean 'IMAGE'?"
    assert finding["combinations"] == 24


def test_a_message_that_names_an_argument_is_one_finding(project: Project) -> None:
    """What fails with every argument set, each time with another name in the message, is one defect."""
    project.change("templates/templates.yaml", 'name: "${NAME}-note"', 'name: "${NAME}_note"')
    (finding,) = findings(project)
    assert finding["checks"] == ["name-syntax"]
    assert finding["argument_sets"] == ["one", "two"]


def test_two_defects_in_one_place_are_two_findings(project: Project) -> None:
    """Two unknown fields side by side are not taken for one."""
    project.change("templates/templates.yaml", "      volumes:\n", "      volums: []\n      volumes:\n")
    project.change("templates/templates.yaml", "      volumes:\n", "      hostNetwrok: true\n      volumes:\n")
    text = json.dumps(findings(project))
    assert "volums" in text
    assert "hostNetwrok" in text


def test_unvaried_value_is_a_finding(project: Project) -> None:
    """A value that changes the output and that no axis sets is a hole in the matrix."""
    project.write("matrix.yaml", MATRIX.replace("owner: somebody", "size: small"))
    (finding,) = unvaried(project)
    assert finding["path"] == "owner"


def unvaried(project: Project) -> list[dict[str, object]]:
    """The findings about values that no axis varies."""
    return [each for each in findings(project) if each["checks"] == ["unvaried-value"]]


def add_value(project: Project, default: object, schema: dict[str, object]) -> None:
    """A value `more` of the chart that is rendered, and that no axis varies."""
    project.write("chart/values.yaml", CHART["values.yaml"] + f"more: {json.dumps(default)}\n")
    rules = json.loads(CHART["values.schema.json"])
    rules["definitions"] = {"more": schema}
    rules["properties"]["more"] = {"allOf": [{"$ref": "#/definitions/more"}]}
    project.write("chart/values.schema.json", json.dumps(rules))
    project.change(
        "templates/templates.yaml", "    data:\n", "    data:\n      more: {{ toJson .Values.more | quote }}\n"
    )


@pytest.mark.parametrize(
    ("default", "schema"),
    [
        ("slow", {"enum": ["slow", "fast"]}),
        (65535, {"type": "integer", "maximum": 65535}),
        ("ab", {"type": "string", "maxLength": 2}),
        ("10", {"type": "string", "pattern": "^[0-9]*$"}),
        ([], {"type": "array", "items": {"type": "string"}}),
        ([], {"type": "array", "items": {"type": "object"}}),
        ([1, 2], {"type": "array", "maxItems": 2}),
        ({}, {"type": "object", "additionalProperties": {"type": "string"}}),
        (None, {"type": ["null", "string"]}),
        (None, {"type": ["null", "array"]}),
    ],
    ids=json.dumps,
)
def test_unvaried_value_of_any_kind_is_a_finding(project: Project, default: object, schema: dict[str, object]) -> None:
    """Whatever the schema allows in place of the default is tried: a word, a number, an entry of what is empty."""
    add_value(project, default, schema)
    (finding,) = unvaried(project)
    assert finding["path"] == "more"
    assert "changing it changes what the scenario" in str(finding["message"])


def test_a_value_that_cannot_be_varied_is_a_finding(project: Project) -> None:
    """A value whose other values all are refused was not looked at, which is said; an axis is the remedy."""
    add_value(project, "2024-01-31", {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
    (finding,) = unvaried(project)
    assert "whether it changes anything could not be checked: set it in an axis" in str(finding["message"])
    project.write("matrix.yaml", MATRIX + '  more: {block: all, choices: {then: {}, now: {more: "2026-01-31"}}}\n')
    assert unvaried(project) == []


def test_what_is_random_is_no_finding(project: Project) -> None:
    """A text that differs in every render says nothing of a value that changes nothing."""
    add_value(project, "a", {"type": "string"})
    project.change("templates/templates.yaml", "toJson .Values.more | quote", "randAlphaNum 8 | quote")
    assert unvaried(project) == []


def test_helms_own_warnings_of_refused_inputs_are_not_shown(project: Project) -> None:
    """Helm warns of a value of another type than the default, past Python; here it was asked for, so nobody sees it."""
    project.write("chart/values.yaml", CHART["values.yaml"] + "labels: {a: {b: c}}\n")
    schema = CHART["values.schema.json"].replace(
        '"size"', '"labels": {"additionalProperties": {"type": "object"}}, "size"'
    )
    project.write("chart/values.schema.json", schema)
    project.write(
        "refused.yaml", 'refused: [{name: labels, values: {labels: {a: 1}}, by: schema, message: "labels.a"}]\n'
    )
    command = [sys.executable, "-m", "helm_nested", "check"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert "1 inputs refused" in done.stdout
    assert done.stderr == ""
    warned = "from helm_nested.chart import *; from helm_nested.engine import *; from pathlib import Path\n"
    warned += "open_in_process(load_chart(Path('chart'))).effective({'labels': {'a': 1}})"
    done = subprocess.run(
        [sys.executable, "-c", warned], cwd=project.folder, capture_output=True, text=True, check=False
    )
    assert "cannot overwrite table" in done.stderr, "there is something to be silent about"


@pytest.mark.parametrize(
    ("old", "new", "key", "path", "when"),
    [
        (
            "        owner: {{ .Values.owner }}\n",
            "        owner: a\n        {{- if .Values.metrics }}\n        owner: b\n        {{- end }}\n",
            "pod.yaml",
            "metadata.labels.owner",
            "metrics=with",
        ),
        (
            "  name: previews-templates\n",
            "  name: previews-templates\n  {{- if .Values.cache }}\n  name: previews-templates\n  {{- end }}\n",
            "previews/templates/templates.yaml",
            "metadata.name",
            "cache=with",
        ),
        # A service template itself: its entries are cut out of the ConfigMap, and the last one is filled.
        (
            "  note.yaml: |-\n",
            "  note.yaml: |-\n    kind: Nothing\n  note.yaml: |-\n",
            "previews/templates/templates.yaml",
            'data["note.yaml"]',
            "always",
        ),
    ],
)
def test_key_that_stands_twice_is_one_finding_of_its_own(
    project: Project, old: str, new: str, key: str, path: str, when: str
) -> None:
    """In a filled template as in an installed manifest a duplicate key is named with its path, and by nothing else."""
    project.change("templates/templates.yaml", old, new)
    (finding,) = (each for each in findings(project) if each["checks"] != ["value-without-effect"])
    assert (finding["checks"], finding["path"]) == (["duplicate-key"], path)
    assert (finding["keys"], finding["when"]) == ([key], [when])
    assert "stands twice" in str(finding["message"])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('{name: n, values: {size: large}, by: schema, message: "x"}', "it is accepted"),
        ('{name: n, values: {size: tiny}, by: schema, message: "nonsense"}', "in other words"),
        ('{name: n, values: {size: tiny}, by: chart, message: "size"}', "in other words"),
    ],
)
def test_input_that_is_not_refused_as_expected_is_a_finding(project: Project, entry: str, words: str) -> None:
    """What must be refused is refused by the right part, in the right words."""
    project.write("refused.yaml", f"refused: [{entry}]\n")
    (finding,) = findings(project)
    assert finding["checks"] == ["refused-input"]
    assert words in str(finding["message"])


def test_what_cannot_be_rendered_is_a_finding(project: Project) -> None:
    """Combinations that fail to render are one finding with its choices, and the rest is checked all the same."""
    project.change(
        "templates/templates.yaml",
        "apiVersion: v1\nkind",
        '{{ if .Values.cache }}{{ fail "no" }}{{ end }}apiVersion: v1\nkind',
    )
    (finding,) = findings(project)
    assert finding["checks"] == ["cannot-be-rendered"]
    assert finding["when"] == ["cache=with"]
    assert finding["combinations"] == 12


def test_a_check_that_crashes_is_not_a_pass(project: Project) -> None:
    """A user's own check that fails itself ends the run with status 2."""
    project.write("mine.py", OWN_CHECK)
    project.write("helm-nested.yaml", CONFIGURATION + f'  modules: ["{project.folder / "mine.py"}"]\n')
    status, _, err = project.check()
    assert status == 2
    assert "the check 'mine' could not check" in err
    assert "oops" in err


def test_paths_of_modules_start_at_the_configuration(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check of the user's own is found from wherever the command is run, as dialects are."""
    project.write("mine.py", OWN_CHECK)
    project.write("helm-nested.yaml", CONFIGURATION + "  modules: [mine.py]\n")
    (project.folder / "elsewhere").mkdir()
    monkeypatch.chdir(project.folder / "elsewhere")
    assert "oops" in project.check()[2]
    monkeypatch.chdir(project.folder.parent)
    assert main(["check", "--config", f"{project.folder.name}/helm-nested.yaml"]) == 2
    assert "oops" in capsys.readouterr().err


def test_only_mutants_need_the_tests_of_the_chart(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Where `mutation.tests` names what is not there, `check` goes on, and `mutants` says it."""
    project.write("helm-nested.yaml", f"{CONFIGURATION}mutation: {{tests: [nowhere]}}\n")
    assert project.check()[0] == 0
    assert main(["mutants"]) == 2
    assert "mutation.tests: there is no nowhere. Correct its name" in capsys.readouterr().err
