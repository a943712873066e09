"""A reason says why a branch is not reached, and is stale once it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import Run
from .covered_chart import Project, remarks


@pytest.fixture
def project(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, without a template."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, run)


@pytest.mark.parametrize(
    "template",
    [
        "{{- /* not reached: nobody sets it */}}\n{{ if .Values.never }}a: 1{{ end }}",
        "{{ if .Values.never }}{{/* not reached: nobody sets it */}}\na: 1\n{{ end }}",
        "{{- /*\nnot reached: nobody\n  sets it\n*/ -}}\n{{ if .Values.never }}a: 1{{ end }}",
    ],
)
def test_a_reason_stands_on_the_line_or_above(project: Project, template: str) -> None:
    """The branch is listed with its reason, and the exit status is 0."""
    outcome = project.coverage(template)
    assert outcome.status == 0
    (remark,) = remarks(outcome)
    assert re.fullmatch(r"with a reason, line \d, taken: nobody sets it", remark)
    assert "2 branches: 1 reached, 1 with a reason, 0 open. " in outcome.out


def test_a_reason_holds_for_what_is_inside_and_for_nothing_behind(project: Project) -> None:
    """Branches inside the branch have its reason; the same condition further down needs its own."""
    outcome = project.coverage(
        "{{- /* not reached: nobody sets it */}}\n"
        "{{ if .Values.never }}\n{{ range .Values.names }}{{ end }}\n{{ end }}\n"
        "{{ if .Values.never }}{{ end }}\n"
    )
    assert outcome.status == 1
    assert remarks(outcome) == [
        "with a reason, line 2, taken: nobody sets it",
        "with a reason, line 3, some elements: nobody sets it",
        "with a reason, line 3, no elements: nobody sets it",
        "open, line 5, taken: {{ if .Values.never }}{{ end }}",
    ]


def test_a_reason_of_a_define_holds_while_nothing_in_it_is_reached(project: Project) -> None:
    """It stands for all branches of the define; once one of them is reached, the others need their own."""
    define = (
        "{{- /* not reached: for other charts */}}\n"
        '{{- define "one" }}\n{{ if .size }}a{{ end }}\n{{ if .never }}b{{ end }}\n{{ end }}\n'
    )
    assert project.coverage(define).status == 0
    outcome = project.coverage(define + '{{ include "one" .Values }}')
    assert outcome.status == 1
    assert remarks(outcome) == [
        "open, line 4, taken: {{ if .never }}b{{ end }}",
        "remove the reason for line 2, some branch of this define is reached: for other charts",
    ]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "{{- /* not reached: nobody sets it */}}\n{{ if .Values.size }}a: 1{{ end }}",
            "remove the reason for line 2, the branch is reached: nobody sets it",
        ),
        (
            "a: 1\n{{- /* not reached: nobody sets it */}}\n\n{{ if .Values.size }}a: 1{{ end }}",
            "remove the reason for line 3, no branch begins there: nobody sets it",
        ),
    ],
)
def test_a_reason_that_holds_no_longer_is_reported(project: Project, template: str, said: str) -> None:
    """A reason for a branch that is reached, or for no branch, is exit status 1."""
    outcome = project.coverage(template)
    assert outcome.status == 1
    assert remarks(outcome) == [said]
    assert "0 open, 1 reason holds no longer. " in outcome.out
