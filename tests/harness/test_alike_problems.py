"""Problems that look alike are one finding where they come and go together, and several where they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .switches import JOB, Switches

MOUNTS = f"{JOB.replace('}]', '')},\n        volumeMounts: ["


def mounting(*entries: str) -> str:
    """The Job with these mounts, for which it has no volumes."""
    return f"{MOUNTS}\n{''.join(entries)}        ]}}]\n"


def mount(name: str) -> str:
    """One of the mounts."""
    return f"          {{name: {name}, mountPath: /{name}}},\n"


@pytest.mark.parametrize("strength", ["all", "3", "2"])
def test_defects_of_choices_of_their_own_are_findings_of_their_own(tmp_path: Path, strength: str) -> None:
    """Five choices bring one misspelt mount each: five findings, each with the one choice that it takes."""
    template = mounting(*(f"{{{{- if .Values.{name} }}}}\n{mount(f'{name}-x')}{{{{- end }}}}\n" for name in "abcde"))
    findings = Switches(tmp_path, template).findings("--strength", strength)
    assert sorted((finding["message"], tuple(finding["when"])) for finding in findings) == [
        (f"the pod has no volume '{name}-x'.", (f"{name}=yes",)) for name in "abcde"
    ]


@pytest.mark.parametrize("strength", ["all", "2"])
def test_a_defect_with_many_values_is_one_finding(tmp_path: Path, strength: str) -> None:
    """A mount whose name is a value is wrong with each of six choices: one finding, which quotes the other messages."""
    project = Switches(tmp_path, mounting(mount("{{ .Values.a }}"), mount("{{ .Values.a }}2")))
    choices = {name: {"a": name} for name in ("one", "two", "three", "four", "five", "six")}
    axes = {"a": {"block": "all", "choices": choices}, "b": {"block": "all", "choices": {"no": {}, "yes": {"b": True}}}}
    project.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
    (finding,) = project.findings("--strength", strength)
    assert finding["when"] == ["always"]
    assert finding["advice"].count("the pod has no volume") == 5
    assert finding["advice"].endswith(" And 6 more.")


def test_defects_that_come_together_are_all_named(tmp_path: Path) -> None:
    """Five mounts that are misspelt under one choice are one finding with the five names."""
    template = mounting("{{- if .Values.c }}\n", *(mount(f"{name}-x") for name in "abcde"), "{{- end }}\n")
    (finding,) = Switches(tmp_path, template).findings()
    assert finding["when"] == ["c=yes"]
    assert all(f"'{name}-x'" in finding["message"] + finding["advice"] for name in "abcde")
