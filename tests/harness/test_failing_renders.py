"""A combination that fails in stage one is a finding with its choices, and the other combinations go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from .switches import JOB, Switches

FAILS = '{{ if and .Values.a .Values.b }}{{ fail "a and b" }}{{ end }}\n'
DOT = "{{ if .Values.c }}{{ range list 1 }}{{ .Values.a }}{{ end }}{{ end }}\n"
NO_YAML = "{{ if .Values.d }}x: [1\n---\n{{ end }}"


@pytest.mark.parametrize("strength", ["all", "3", "2"])
@pytest.mark.parametrize(
    ("before", "when"), [(FAILS, "a=yes and b=yes"), (DOT, "c=yes"), (NO_YAML, "d=yes")], ids=["fail", "dot", "yaml"]
)
def test_a_failing_render_is_reduced(tmp_path: Path, before: str, when: str, strength: str) -> None:
    """It is one finding at every strength, with the choices that it takes and no others."""
    (finding,) = Switches(tmp_path, before=before).findings("--strength", strength)
    assert finding["checks"] == ["cannot-be-rendered"]
    assert finding["when"] == [when]
    assert finding["rule"]


def test_other_findings_are_not_lost(tmp_path: Path) -> None:
    """What is wrong in the combinations that can be rendered is told beside it."""
    template = JOB.replace("spec:\n  template", "spec:\n  {{- if .Values.e }}\n  odd: 1\n  {{- end }}\n  template")
    findings = Switches(tmp_path, template, FAILS).findings()
    assert {finding["checks"][0]: finding["when"] for finding in findings} == {
        "cannot-be-rendered": ["a=yes and b=yes"],
        "kubernetes-schema": ["e=yes"],
    }


def test_a_line_that_moves_is_no_other_problem(tmp_path: Path) -> None:
    """A service template that is no YAML is one finding although other choices move the line where it breaks."""
    template = """\
{{- if .Values.a }}
# a comment
{{- end }}
kind: Job
{{- if .Values.b }}
spec: {x: 1}}
{{- end }}
metadata: {name: "${NAME}"}
"""
    findings = [
        finding
        for finding in Switches(tmp_path, template).findings("--strength", "2")
        if finding["checks"] != ["kubernetes-schema"]
    ]
    assert [(finding["checks"], finding["when"]) for finding in findings] == [(["not-yaml"], ["b=yes"])]
    assert "spec: {x: 1}}" in findings[0]["excerpt"]


def test_a_place_that_is_taken_out_leaves_a_sentence(tmp_path: Path) -> None:
    """The line of a template that cannot be filled is the finding's path, and the rest of the message reads on."""
    switches = Switches(tmp_path)
    switches.write("contract.json", '{"properties": {"NAME": {"type": "string", "x-position": "scalar"}}}')
    for name in ("first", "second"):
        switches.write(f"sets/{name}.yaml", "arguments: {}")
    (finding,) = switches.findings("--strength", "2")
    assert finding["checks"] == ["cannot-be-filled"]
    assert finding["message"].startswith("the template: the argument set given has no NAME.")
    assert finding["path"].startswith("line ")


INCLUDES = """\
{{- define "first" }}{{ if .Values.a }}{{ .Values.b.no }}{{ end }}{{ end }}
{{- define "second" }}{{ if .Values.c }}{{ .Values.d.no }}{{ end }}{{ end }}
{{- define "both" }}{{ include "first" . }}{{ include "second" . }}{{ end }}
{{- include "both" . }}
"""


@pytest.mark.parametrize("strength", ["all", "2"])
def test_failures_behind_one_include_are_findings_of_their_own(tmp_path: Path, strength: str) -> None:
    """What Helm says on its further lines is the failure: two of them that one include leads to are told apart."""
    findings = Switches(tmp_path, before=INCLUDES).findings("--strength", strength)
    assert {finding["message"].partition("at <.Values.")[2][:4]: finding["when"] for finding in findings} == {
        "b.no": ["a=yes"],
        "d.no": ["a=no and c=yes"],
    }


LISTED = """\
{{- $said := list }}
{{- if .Values.a }}{{ $said = append $said "not a. Set:\\n    a: false" }}{{ end }}
{{- if .Values.b }}{{ $said = append $said "not b." }}{{ end }}
{{- if $said }}{{ fail (printf "these values are wrong:\\n- %s" (join "\\n- " $said)) }}{{ end }}
"""


@pytest.mark.parametrize("strength", ["all", "2"])
def test_each_problem_that_a_refusal_lists_is_a_finding(tmp_path: Path, strength: str) -> None:
    """Of a chart that says all that is wrong at once each entry has its own choices, and its YAML to set."""
    findings = Switches(tmp_path, before=LISTED).findings("--strength", strength)
    assert {finding["message"].partition("are wrong: ")[2]: finding["when"] for finding in findings} == {
        "not a. Set:\n    a: false": ["a=yes"],
        "not b.": ["b=yes"],
    }


def test_a_list_of_yaml_in_a_refusal_is_no_list_of_problems(tmp_path: Path) -> None:
    """What a chart says to set stays whole, also where that is a list."""
    said = "set these tolerations:\\n- key: a\\n  value: b\\n- key: c"
    (finding,) = Switches(tmp_path, before=f'{{{{ if .Values.a }}}}{{{{ fail "{said}" }}}}{{{{ end }}}}\n').findings()
    assert finding["message"].endswith(said.replace("\\n", "\n"))
    assert finding["when"] == ["a=yes"]


def test_an_include_without_end_is_told_shortly(tmp_path: Path) -> None:
    """Helm tells each of the 1,000 rounds of a template that includes itself; one of them and their number will do."""
    loop = '{{ define "loop" }}{{ include "loop" . }}{{ end }}{{ if .Values.a }}{{ include "loop" . }}{{ end }}\n'
    (finding,) = Switches(tmp_path, before=loop).findings("--strength", "2")
    assert len(finding["message"]) < 700
    assert "times the same" in finding["message"]
    assert "nested reference name: loop" in finding["message"]
    assert finding["when"] == ["a=yes"]


def test_the_line_that_is_no_yaml_reads_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It stands behind what is wrong with it, as a sentence of its own, and what to do on a line of its own."""
    Switches(tmp_path, before="{{ if .Values.a }}x: @y\n---\n{{ end }}").findings("--strength", "2")
    assert "cannot start any token. The line is: x: @y\n         Correct this line.\n" in capsys.readouterr().out
