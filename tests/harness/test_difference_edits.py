"""Edits between two documents: none is missed, none is said that is not there, and each can be made alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from helm_nested.difference.edit import MISSING, Edit, edits, mixed, written

POD = """\
kind: Pod
metadata: {name: a, labels: {app.kubernetes.io/name: x}}
spec:
  containers:
    - {name: main, image: a, args: [one, two], env: [{name: A, value: "1"}, {name: B, value: "2"}]}
    - {name: side, image: b}
  tolerations: [{key: a}, {key: b}]
  volumes: []
"""


def pod() -> Any:
    """A document."""
    return yaml.safe_load(POD)


def said(before: Any, after: Any) -> list[tuple[str, object, object]]:
    """The edits, their paths as text."""
    return [(written(each.path), each.before, each.after) for each in edits(before, after)]


def change(old: str, new: str) -> Any:
    """The document with that in its text."""
    assert old in POD
    return yaml.safe_load(POD.replace(old, new))


CASES = {
    "scalar": ("image: b", "image: c", [("spec.containers[side].image", "b", "c")]),
    "key with dots": ("io/name: x", "io/name: y", [('metadata.labels["app.kubernetes.io/name"]', "x", "y")]),
    "list of scalars": ("[one, two]", "[two]", [("spec.containers[main].args", ["one", "two"], ["two"])]),
    "entry before others": (
        "[{name: A", "[{name: Z, value: z}, {name: A",
        [("spec.containers[main].env[Z]", MISSING, {"name": "Z", "value": "z"})],
    ),
    "entry removed": (
        "{name: A, value: \"1\"}, ", "",
        [("spec.containers[main].env[A]", {"name": "A", "value": "1"}, MISSING)],
    ),
    "order of named entries": (
        '{name: A, value: "1"}, {name: B, value: "2"}', '{name: B, value: "2"}, {name: A, value: "1"}',
        [("spec.containers[main].env (order)", ["A", "B"], ["B", "A"])],
    ),
    "entries without names": ("{key: b}", "{key: c}, {key: d}", [
        ("spec.tolerations[1].key", "b", "c"), ("spec.tolerations[2]", MISSING, {"key": "d"}),
    ]),
    "list no longer empty": ("volumes: []", "volumes: [{name: v}]", [("spec.volumes", [], [{"name": "v"}])]),
    "text that was a number": ('value: "1"', "value: 1", [("spec.containers[main].env[A].value", "1", 1)]),
    "number that was a boolean": ("kind: Pod", "kind: true", [("kind", "Pod", True)]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_edit_is_said_where_it_is(case: str) -> None:
    """Entries with names are known by them, texts with dots are quoted, and a list of scalars is one value."""
    old, new, expected = CASES[case]
    assert said(pod(), change(old, new)) == expected


@pytest.mark.parametrize("case", CASES)
def test_all_edits_made_give_the_other_document(case: str) -> None:
    """No difference is missed: with every edit made nothing differs, and with none nothing was done."""
    old, new, _ = CASES[case]
    after = change(old, new)
    paths = {each.path for each in edits(pod(), after)}
    assert mixed(pod(), after, paths) == after
    assert mixed(pod(), after, set()) == pod()
    backwards = {each.path for each in edits(after, pod())}
    assert mixed(after, pod(), backwards) == pod()


def test_one_edit_made_leaves_the_others() -> None:
    """Of two edits one can be made alone."""
    after = change("image: b", "image: c")
    after["spec"]["containers"][0]["env"].insert(1, {"name": "Z", "value": "z"})
    first, second = edits(pod(), after)
    assert [written(each.path) for each in (first, second)] == [
        "spec.containers[main].env[Z]", "spec.containers[side].image",
    ]  # fmt: skip
    alone = mixed(pod(), after, {first.path})
    assert [each["name"] for each in alone["spec"]["containers"][0]["env"]] == ["A", "Z", "B"]
    assert alone["spec"]["containers"][1]["image"] == "b"


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), (None, ""), ("1", 1), ([1], [True])])
def test_values_that_only_python_takes_for_the_same_are_told_apart(before: object, after: object) -> None:
    """Python holds 1, 1.0 and true for equal; YAML and the API server do not."""
    assert list(edits({"a": before}, {"a": after})) == [Edit(("a",), before, after)]


def test_what_is_no_number_is_the_same_as_itself() -> None:
    """`.nan` in both documents is no difference, although it is not equal to itself."""
    assert not list(edits({"a": float("nan")}, {"a": float("nan")}))


def test_the_order_of_keys_says_nothing() -> None:
    """Two maps with their keys in another order are the same."""
    assert not list(edits({"a": 1, "b": [{"x": 1, "y": 2}]}, {"b": [{"y": 2, "x": 1}], "a": 1}))


def test_keys_that_python_takes_for_the_same_are_told_apart() -> None:
    """The keys 1 and true are two."""
    assert said({1: "a"}, {True: "a"}) == [("[1]", "a", MISSING), ("[True]", MISSING, "a")]


def test_mounts_of_one_volume_are_known_by_where_they_are() -> None:
    """Where names stand twice, as in mounts, entries are known by their mount path."""
    before = {"volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]}
    after = {"volumeMounts": [{"name": "v", "mountPath": "/b", "readOnly": True}]}
    assert said(before, after) == [
        ("volumeMounts[/a]", {"name": "v", "mountPath": "/a"}, MISSING),
        ("volumeMounts[/b].readOnly", MISSING, True),
    ]
