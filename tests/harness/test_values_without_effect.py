"""A value that a choice sets and that changes nothing is a finding: a template reads another name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .switches import JOB, Switches

# `a` is read by a wrong name; `b` and `c` are read.
TEMPLATE = JOB.replace(
    "metadata: {",
    'metadata: {labels: {a: "{{ .Values.aa | default "x" }}", b: "b{{ .Values.b }}", c: "{{ .Values.c }}c"}, ',
)


def told(switches: Switches, axes: dict[str, Any], values: object = ()) -> list[tuple[str, str]]:
    """Where each finding of the kind is, and its first words."""
    switches.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
    switches.write("chart/values.yaml", json.dumps(values or {}))
    assert switches.check() in (0, 1)
    return [
        (finding["path"], finding["message"].split(" sets it")[0])
        for finding in json.loads((switches.folder / "check.json").read_text())["findings"]
        if finding["checks"] == ["value-without-effect"]
    ]


def axis(choices: dict[str, Any]) -> dict[str, Any]:
    """An axis of these choices, the first of which sets nothing."""
    return {"block": "all", "choices": {"none": {}, **choices}}


def test_a_misspelt_name_is_found(tmp_path: Path) -> None:
    """Each choice of a value that is read by another name sets it for nothing; one finding names the first."""
    axes = {"one": axis({"yes": {"a": "y"}, "no": {"a": "n"}}), "two": axis({"yes": {"b": "y", "c": "z"}})}
    assert told(Switches(tmp_path, TEMPLATE), axes) == [("a", "one=yes")]


def test_one_value_of_several_is_found(tmp_path: Path) -> None:
    """A choice that has an effect may still set a value that has none."""
    axes = {"one": axis({"yes": {"a": "y", "b": "y"}}), "two": axis({"yes": {"c": "z"}})}
    assert told(Switches(tmp_path, TEMPLATE), axes) == [("a", "one=yes")]


def test_what_one_combination_needs_has_an_effect(tmp_path: Path) -> None:
    """A value that is read only beside another choice has an effect."""
    template = TEMPLATE.replace(".Values.aa", "(and .Values.b .Values.a)")
    axes = {"one": axis({"yes": {"a": "y"}}), "two": axis({"yes": {"b": "y"}}), "three": axis({"yes": {"c": "z"}})}
    assert told(Switches(tmp_path, template), axes) == []


def test_what_repeats_a_default_is_none(tmp_path: Path) -> None:
    """A choice may say what the chart's values, or its template, say anyway."""
    template = TEMPLATE.replace(".Values.aa", ".Values.a")
    axes = {
        "one": axis({"same": {"a": "x"}}),
        "two": axis({"same": {"b": "chart"}}),
        "three": axis({"yes": {"c": "z"}}),
    }
    assert told(Switches(tmp_path, template), axes, {"b": "chart", "c": ""}) == []


def test_null_and_the_only_value_of_a_map_are_none(tmp_path: Path) -> None:
    """Null takes a value away, and a map may count for being there."""
    template = TEMPLATE.replace(".Values.aa", "(ternary 1 2 (empty .Values.a))")
    axes = {
        "one": axis({"yes": {"a": {"any": 1}}}),
        "two": axis({"yes": {"b": None}}),
        "three": axis({"yes": {"c": "z"}}),
    }
    assert told(Switches(tmp_path, template), axes) == []


def test_it_can_be_accepted(tmp_path: Path) -> None:
    """What has no effect on purpose is accepted with a reason."""
    switches = Switches(tmp_path, TEMPLATE)
    switches.configure(accepted=[{"check": "value-without-effect", "path": "a", "reason": "tried on purpose"}])
    axes = {"one": axis({"yes": {"a": "y"}}), "two": axis({"yes": {"b": "y", "c": "z"}})}
    assert told(switches, axes) == []


def test_a_default_that_nothing_reads_is_found(tmp_path: Path) -> None:
    """A value of values.yaml that changes nothing anywhere is found, also where no axis sets it."""
    axes = {"two": axis({"yes": {"b": "y"}}), "three": axis({"yes": {"c": "z"}})}
    assert told(Switches(tmp_path, TEMPLATE), axes, {"a": "y", "b": "", "c": ""}) == [
        ("a", "changing it changes nothing, in any scenario and in any combination that was tried")
    ]


def test_a_default_that_one_combination_reads_is_a_hole_in_the_matrix(tmp_path: Path) -> None:
    """What no scenario reads and a combination does has an effect, which no axis varies."""
    switches = Switches(tmp_path, TEMPLATE.replace(".Values.aa", "(and .Values.b .Values.a)"))
    axes = {"two": axis({"yes": {"b": "y"}}), "three": axis({"yes": {"c": "z"}})}
    assert told(switches, axes, {"a": "y", "b": "", "c": ""}) == []
    assert switches.check() == 1
    findings = json.loads((tmp_path / "check.json").read_text())["findings"]
    assert [finding["message"] for finding in findings if finding["path"] == "a"] == [
        "changing it changes what the combination two=yes renders, and no axis of the matrix sets it"
    ]


@pytest.mark.parametrize(
    "reads",
    [
        "{{ if lt (int .Values.a) 0 }}{{ fail `negative` }}{{ end }}",
        "{{ if gt (int .Values.a) 500 }}many{{ end }}",
        "{{ max 10 (int .Values.a) }}",
    ],
    ids=["sign", "threshold", "bound"],
)
def test_a_number_that_counts_only_far_away_has_an_effect(reads: str, tmp_path: Path) -> None:
    """What a template refuses below zero, or does only with hundreds, it reads."""
    template = JOB.replace("metadata: {", f'metadata: {{labels: {{a: "{reads}"}}, ')
    assert told(Switches(tmp_path, template), {"one": axis({"yes": {"a": 3}})}, {"a": 1}) == []


RANDOM = TEMPLATE.replace('"x:1"', '"x:{{ .Values.c }}-{{ randAlphaNum 8 }} {{ .Values.b }}"')


@pytest.mark.parametrize("template", [RANDOM, RANDOM.replace("metadata:", "# {{ randAlpha 9 }}\nmetadata:", 1)])
def test_a_value_beside_random_words_has_an_effect(tmp_path: Path, template: str) -> None:
    """A text that no two renders share tells of what it shares, and so of a value that nothing reads."""
    template = template.replace('b: "b{{ .Values.b }}", c: "{{ .Values.c }}c"', "b: b, c: c")
    axes = {"one": axis({"yes": {"a": "y"}}), "two": axis({"yes": {"b": "y"}}), "three": axis({"yes": {"c": "z"}})}
    assert told(Switches(tmp_path, template), axes) == [("a", "one=yes")]


def test_a_default_beside_random_words_is_a_hole_in_the_matrix(tmp_path: Path) -> None:
    """A value that no axis sets is told as one, though what it is in is random; nothing is said of one by the time."""
    switches = Switches(tmp_path, RANDOM.replace("labels: {", 'labels: {now: "{{ now | unixEpoch }}", '))
    assert told(switches, {"one": axis({"yes": {"c": "z"}})}, {"b": "1", "c": ""}) == []
    outcome = json.loads((tmp_path / "check.json").read_text())
    assert [each["path"] for each in outcome["findings"] if each["checks"] == ["unvaried-value"]] == ["b"]


def test_nothing_is_said_where_nothing_can_be_compared(tmp_path: Path) -> None:
    """A text with another number of lines each time may hide any effect."""
    random = "{{- range until (randInt 1 200 | int) }}\n# {{ . }}\n{{- end }}\n"
    assert told(Switches(tmp_path, random + TEMPLATE), {"one": axis({"yes": {"a": "y"}})}, {"b": "", "c": ""}) == []
