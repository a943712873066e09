"""`check` without a matrix checks the scenarios; with `-f` it checks one user's values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .switches import JOB, Switches

# Each switch breaks something of its own.
BROKEN = JOB.replace("spec:\n  template", "spec:\n  {{- if .Values.a }}\n  odd: 1\n  {{- end }}\n  template").replace(
    'image: "x:1"', 'image: "x:1", {{ if .Values.b }}imag: y{{ end }}'
)


def told(switches: Switches, *options: str) -> list[tuple[str, list[str]]]:
    """Where each finding is, and when."""
    return sorted((finding["path"], finding["when"]) for finding in switches.findings(*options))


def test_scenarios_are_checked_where_there_is_no_matrix(tmp_path: Path) -> None:
    """Each scenario is a choice, and a finding names the scenarios that show it."""
    switches = Switches(tmp_path, BROKEN)
    switches.configure(matrix=False)
    switches.write("values/first.yaml", "a: true")
    switches.write("values/both.yaml", "a: true\nb: true")
    assert told(switches) == [
        ("spec", ["scenario=both", "scenario=first"]),
        ("spec.template.spec.containers[0]", ["scenario=both"]),
    ]


@pytest.mark.parametrize("matrix", [True, False], ids=["matrix", "no matrix"])
def test_values_are_checked_alone(tmp_path: Path, matrix: bool) -> None:
    """With -f only these values are checked, later files over earlier ones, whatever the matrix and scenarios are."""
    switches = Switches(tmp_path, BROKEN)
    switches.configure(matrix=matrix)
    switches.write("mine.yaml", "a: true\nb: true")
    switches.write("over.yaml", "a: false")
    mine, over = str(tmp_path / "mine.yaml"), str(tmp_path / "over.yaml")
    assert told(switches, "-f", mine, "-f", over) == [("spec.template.spec.containers[0]", ["always"])]
    assert [path for path, _ in told(switches, "-f", mine)] == ["spec", "spec.template.spec.containers[0]"]
    assert told(switches, "-f", over) == []
    assert json.loads((tmp_path / "check.json").read_text())["combinations"] == 1


def test_values_that_nothing_reads_yet_are_checked_as_helm_reads_them(tmp_path: Path) -> None:
    """Of a key that stands twice Helm takes the last, and `off` is a switch that is off."""
    switches = Switches(tmp_path, BROKEN)
    switches.write("mine.yaml", "a: true\nb: off\na: false")
    assert told(switches, "-f", str(tmp_path / "mine.yaml")) == []


def test_a_values_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read was not checked."""
    switches = Switches(tmp_path, BROKEN)
    assert switches.check("-f", str(tmp_path / "absent.yaml")) == 2
    assert "absent.yaml cannot be read" in capsys.readouterr().err


def test_values_of_a_scenario_leave_the_list_of_accepted_findings_alone(tmp_path: Path) -> None:
    """One user's values need not show what is accepted, so its absence is no finding."""
    switches = Switches(tmp_path, BROKEN)
    switches.configure(accepted=[{"check": "kubernetes-schema", "path": "spec.odd", "reason": "tried on purpose"}])
    switches.write("mine.yaml", "a: false")
    assert told(switches, "-f", str(tmp_path / "mine.yaml")) == []


def test_more_scenarios_than_an_axis_has_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many as an axis can have are checked; one more is told, with what to do."""
    switches = Switches(tmp_path)
    switches.configure(matrix=False)
    for number in range(254):
        switches.write(f"values/s{number}.yaml", f"f: {number}")
    assert switches.check("--strength", "2") in (0, 1)
    assert json.loads((tmp_path / "check.json").read_text())["combinations"] == 255
    switches.write("values/last.yaml", "{}")
    assert switches.check() == 2
    assert "256 scenarios are more than the 255 that can be checked without a matrix" in capsys.readouterr().err


@pytest.mark.parametrize("option", [True, False], ids=["-f", "scenario"])
def test_a_misspelt_value_is_told(tmp_path: Path, option: bool) -> None:
    """A value that changes nothing, and that the chart does not have, is told if the chart has one of a like name."""
    switches = Switches(tmp_path, BROKEN)
    switches.write(
        "chart/values.yaml",
        "replicaCount: 1\nimage: {pullPolicy: Always, tag: ''}\nannotations: {}\nselector: {node.like/os: y}\n",
    )
    switches.write("chart/templates/read.yaml", "# {{ .Values.extra }} {{ .Values.replicaCount }}\n")
    switches.configure(matrix=False)
    mine = tmp_path / ("mine.yaml" if option else "values/mine.yaml")
    mine.write_text(
        "replicaCounts: 3\nimage: {pullpolicy: Never, tag: x}\nannotations: {any: x}\nextra: read\n"
        "x-common: {unlike: 1}\nselector: {node.like/os: x}\n"
    )
    assert switches.check(*(["-f", str(mine)] if option else [])) == 1
    findings = json.loads((tmp_path / "check.json").read_text())["findings"]
    assert [(finding["path"], finding["advice"]) for finding in findings] == [
        ("replicaCounts", "Did you mean 'replicaCount'?"),
        ("image.pullpolicy", "Did you mean 'pullPolicy'?"),
    ]
    assert findings[0]["message"].startswith("scenario=mine sets it, and without it")


def test_a_misspelt_value_of_a_subchart_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The names of its values are in its own values.yaml, not in that of the chart."""
    switches = Switches(tmp_path, JOB)
    switches.write("chart/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    switches.write("chart/charts/sub/values.yaml", "size: small\n")
    switches.write("mine.yaml", "sub: {sise: large}")
    assert switches.check("-f", str(tmp_path / "mine.yaml")) == 1
    printed = capsys.readouterr().out
    assert "at:   sub.sise\n" in printed
    assert "Did you mean 'size'?" in printed
