"""Two choices of an axis that set the same are a finding: one of them tries nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .switches import JOB, Switches

TEMPLATE = JOB.replace("metadata: {", 'metadata: {labels: {a: "a{{ .Values.a }}", n: "{{ .Release.Namespace }}"}, ')


def told(folder: Path, axes: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
    """Where each finding of the kind is, and what it says."""
    switches = Switches(folder, TEMPLATE)
    switches.configure(**options)
    switches.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": axes}))
    switches.write("chart/values.yaml", "a: x\n")
    assert switches.check() in (0, 1)
    return [
        (finding["path"], finding["message"])
        for finding in json.loads((switches.folder / "check.json").read_text())["findings"]
        if finding["checks"] == ["equal-choices"]
    ]


@pytest.mark.parametrize(
    ("axis", "others"),
    [
        ({"first": {"a": {"b": 1, "c": 2}}, "second": {"a": {"c": 2, "b": 1}}}, {"third": {"a": 3}}),
        ({"first": {}, "second": None}, {"third": {"a": "y"}}),
    ],
)
def test_equal_values_are_told(tmp_path: Path, axis: dict[str, Any], others: dict[str, Any]) -> None:
    """The later one is named, with the one that it repeats."""
    axes = {"one": {"block": "all", "choices": axis | others}}
    assert told(tmp_path, axes) == [("axes.one.choices.second", "one=second sets the same as one=first")]


def test_equal_releases_are_told(tmp_path: Path) -> None:
    """A choice about the release is one like any other."""
    axes = {"one": {"block": "all", "of": "release", "choices": {"a": {"namespace": "b"}, "c": {"namespace": "b"}}}}
    assert told(tmp_path, axes) == [("axes.one.choices.c", "one=c sets the same as one=a")]


def test_other_types_and_other_axes_are_not_equal(tmp_path: Path) -> None:
    """1, "1" and true are three values, and two axes may say the same."""
    axes = {
        "one": {"block": "all", "choices": {"number": {"a": 1}, "text": {"a": "1"}, "yes": {"a": True}}},
        "two": {"block": "all", "choices": {"none": {}, "number": {"a": 1}}},
    }
    assert told(tmp_path, axes) == []


def test_they_can_be_accepted(tmp_path: Path) -> None:
    """What is equal on purpose is accepted with a reason."""
    accepted = [{"check": "equal-choices", "path": "axes.one.choices.second", "reason": "it waits for a feature"}]
    axes = {"one": {"block": "all", "choices": {"first": {"a": 1}, "second": {"a": 1}}}}
    assert told(tmp_path, axes, accepted=accepted) == []
