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
