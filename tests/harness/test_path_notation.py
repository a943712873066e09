"""One notation for paths: what is printed can be read again, and accepted as it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nested_templates.document_path import PathError, join, matcher, parse, places

from .switches import JOB, Switches

# Keys that are easily taken for something else, each with one that a glob or a pattern would take for it.
ODD = {
    "a.b": "a_b",
    "example.com/team": "example_com/team",
    "x[0]": "x0",
    "[*]": "[a]",
    "s*": "sx",
    "s?": "sx",
    'say "no"': "say no",
    "it's": "its",
    "back\\slash": "backslash",
    "$": "x",
    "": "x",
    " ": "x",
    "two\nlines": "two lines",
    "\u202ehidden": "hidden",
    "größe": "grösse",
    "0": "00",
    "]": "[",
    '"]["': "][",
    "plain": "plains",
}


@pytest.mark.parametrize("key", ODD)
def test_what_is_written_is_read_back(key: str) -> None:
    """Keys and places in lists come back from the path that was written, wherever in it they stand."""
    for steps in ((key,), (key, "a"), ("a", key, 0), (0, key, key), ("a", 1, "b")):
        assert parse(join("", steps)) == steps


@pytest.mark.parametrize("key", ODD)
def test_what_is_written_means_itself_alone(key: str) -> None:
    """A path that was printed matches itself, and no path of another key, be it one that a glob would take for it."""
    for steps in ((key,), ("a", key, 0), (key, key)):
        path = join("", steps)
        assert matcher(path).fullmatch(path)
        others = [tuple(other if step == key else step for step in steps) for other in (ODD[key], f"{key}x", f"x{key}")]
        others += [(*steps, "more"), steps[:-1], tuple(1 if step == 0 else step for step in (*steps, 0))]
        for other in others:
            assert not matcher(path).fullmatch(join("", other)), other
        assert path.isprintable()


@pytest.mark.parametrize(
    ("pattern", "means", "others"),
    [
        ("spec.*", ["spec.a", "spec.a.b[0]", 'spec.x["y.z"]'], ["spec", "specs.a"]),
        ("*", ["", "line 3", "a.b", 'a["b"]'], []),
        ("spec.containers[*].env", ["spec.containers[0].env", "spec.containers[12].env"], ["spec.containers.x.env"]),
        ("spec.containers[].env", ["spec.containers[0].env"], ["spec.containers[0].x[1].env"]),
        ('metadata.labels["a.*"]', ['metadata.labels["a.*"]'], ['metadata.labels["a.b"]']),
        ("metadata.labels[*]", ['metadata.labels["a.b"]', 'metadata.labels["]"]'], ["metadata.labels"]),
        ("$.spec.a", ["spec.a"], ["x.spec.a"]),
        ("$['a.b'].c", ['["a.b"].c'], ["a.b.c"]),
        ("spec['plain']", ["spec.plain"], []),
        ("['plain'].x", ["plain.x"], [".plain.x"]),
    ],
)
def test_a_pattern_means_what_its_stars_stand_for(pattern: str, means: list[str], others: list[str]) -> None:
    """Outside quotes `*` is any text and `[*]` any entry; a path as JSONPath has it means the same as here."""
    assert [path for path in [*means, *others] if matcher(pattern).fullmatch(path)] == means


@pytest.mark.parametrize(
    "text", ["a..b", "a.", ".a", "a[", "a[b]", "a[-1]", "a[1:2]", "a b", "$a", "$.", "a[01]", "a['b"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    """What searches, or is cut off, is not taken for a key."""
    with pytest.raises(PathError):
        parse(text)


def test_patterns_go_through_odd_keys() -> None:
    """A pattern finds what stands under keys with dots and stars, with the path that leads there."""
    document: dict[str, Any] = {"a.b": [{"s*": 1}, {"s*": 2, "sx": 3}], "m": {"x": {"y": 4}, "z": {"y": 5}}}
    assert list(places(document, '["a.b"][*]["s*"]')) == [('["a.b"][0]["s*"]', 1), ('["a.b"][1]["s*"]', 2)]
    assert list(places(document, "m.*.y")) == [("m.x.y", 4), ("m.z.y", 5)]


@pytest.mark.parametrize("key", ODD)
def test_a_printed_path_can_be_accepted(tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The path of a finding, pasted under `accepted`, accepts this finding and none of another key."""
    sets = {name: {"block": "all", "choices": {"no": {}, "yes": {"top": {each: 1}}}} for name, each in
            (("one", key), ("two", ODD[key]))}  # fmt: skip
    switches = Switches(tmp_path)
    switches.write("chart/values.yaml", "{}")
    switches.write("matrix.yaml", json.dumps({"blocks": {"all": "all"}, "axes": sets}))
    own, other = join("", ["top", key]), join("", ["top", ODD[key]])

    def paths() -> list[str]:
        assert switches.check() in (0, 1)
        found = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))["findings"]
        return sorted(finding["path"] for finding in found)

    assert paths() == sorted([own, other])
    printed = capsys.readouterr().out
    assert own in printed
    pasted = yaml.safe_load(yaml.safe_dump({"path": own}))["path"]
    switches.configure(accepted=[{"check": "value-without-effect", "path": pasted, "reason": "tried on purpose"}])
    assert paths() == [other]


def test_a_path_of_a_document_can_be_accepted(tmp_path: Path) -> None:
    """What a schema refuses in a document is accepted by the printed path, with its brackets, and only there."""
    job = JOB.replace('"x:1"}]', '"x:1", odd: 1}, {name: more, image: "x:1", odd: 1}]')
    switches = Switches(tmp_path, job)
    first, second = (f"spec.template.spec.containers[{number}]" for number in (0, 1))
    (finding,) = switches.findings()
    assert finding["path"] == first
    switches.configure(accepted=[{"check": "kubernetes-*", "path": first, "reason": "tried on purpose"}])
    (finding,) = switches.findings()
    assert finding["path"] == second
    everywhere = "spec.template.spec.containers[*]"
    switches.configure(accepted=[{"check": "kubernetes-*", "path": everywhere, "reason": "tried on purpose"}])
    assert switches.findings() == []


def test_a_refused_input_can_be_accepted_by_its_name(tmp_path: Path) -> None:
    """An input that should be refused and is not has its name as path, written like any key."""
    switches = Switches(tmp_path)
    names = ("size* is odd", "sizes are odd")
    entries = [{"name": name, "values": {"size": 1}, "by": "chart", "message": "no"} for name in names]
    switches.write("refused.yaml", json.dumps({"refused": entries}))
    file = tmp_path / "helm-nested.yaml"

    def paths(*accepted: dict[str, str]) -> list[str]:
        switches.configure(accepted=list(accepted))
        file.write_text(json.dumps({**json.loads(file.read_text()), "refused": "refused.yaml"}), encoding="utf-8")
        return [finding["path"] for finding in switches.findings()]

    first, second = paths()
    assert paths({"check": "refused-input", "path": first, "reason": "tried on purpose"}) == [second]
