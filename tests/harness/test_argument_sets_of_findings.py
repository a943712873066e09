"""At full strength every template meets every argument set, and a finding names the sets that it takes."""

from __future__ import annotations

from pathlib import Path

from .switches import JOB, Switches

SECONDS = JOB.replace(
    "spec:\n  template",
    "spec:\n  {{- if and .Values.a .Values.b .Values.c .Values.d }}\n"
    "  activeDeadlineSeconds: ${SECONDS}\n  {{- end }}\n"
    "  template",
)


def test_a_rare_template_meets_every_set(tmp_path: Path) -> None:
    """An argument that is wrong only under four choices at once is found, with the four and with its set."""
    (finding,) = Switches(tmp_path, SECONDS).findings()
    assert finding["when"] == ["a=yes and b=yes and c=yes and d=yes and argument set=second"]
    assert finding["argument_sets"] == ["second"]


def test_what_every_set_shows_names_none(tmp_path: Path) -> None:
    """Where all argument sets show the problem, none of them is part of its explanation."""
    template = JOB.replace("spec:\n  template", "spec:\n  {{- if .Values.a }}\n  odd: 1\n  {{- end }}\n  template")
    (finding,) = Switches(tmp_path, template).findings()
    assert finding["when"] == ["a=yes"]
