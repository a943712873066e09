"""A path of a document leads to what it names, and a pattern to all it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from nested_templates.document_path import join, places, resolve, step


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        (["spec", "containers", 0, "env"], "spec.containers[0].env"),
        (["metadata", "labels", "example.com/a.b"], 'metadata.labels["example.com/a.b"]'),
        (["metadata", "labels", 'q"\\'], 'metadata.labels["q\\"\\\\"]'),
        (["metadata", "labels", 123], "metadata.labels[123]"),
        (["a.b", "c"], '["a.b"].c'),
        (["data", ""], 'data[""]'),
        (["data", None], "data[None]"),
    ],
)
def test_paths_lead_back(keys: list[Any], path: str) -> None:
    """A path is written as people write it, and leads to what it names."""
    document: Any = "here"
    for key in reversed(keys):
        document = [document] if isinstance(key, int) and key == 0 else {key: document}
    assert join("", keys) == path
    assert resolve(document, path) == "here"
    with pytest.raises(KeyError):
        resolve(document, step(path, "more"))


def test_places_of_a_pattern() -> None:
    """A pattern goes into lists, and finds nothing where nothing is."""
    document = {"spec": {"triggers": [{"metadata": 1}, {"type": "x"}, {"metadata": 2}]}}
    assert list(places(document, "spec.triggers[].metadata")) == [
        ("spec.triggers[0].metadata", 1),
        ("spec.triggers[2].metadata", 2),
    ]
    assert list(places(document, "")) == [("", document)]
    assert list(places(document, "spec[].x")) == []


def test_places_can_be_told_by_what_stands_beside_them() -> None:
    """Entries of the last list with these values; without a list in the pattern, the document."""
    triggers = [{"type": "cpu", "metadata": 1}, {"type": "temporal", "metadata": {"a": [1, 2]}}, {"metadata": 3}, 4]
    document = {"kind": "A", "spec": {"triggers": triggers, "on": True}}
    where = {"type": "temporal"}
    assert list(places(document, "spec.triggers[].metadata", where)) == [("spec.triggers[1].metadata", {"a": [1, 2]})]
    assert list(places(document, "spec.triggers[]", where)) == [("spec.triggers[1]", triggers[1])]
    assert list(places(document, "spec.triggers[].metadata.a[]")) == [
        ("spec.triggers[1].metadata.a[0]", 1),
        ("spec.triggers[1].metadata.a[1]", 2),
    ]
    assert list(places(document, "spec.on", {"kind": "A"})) == [("spec.on", True)]
    assert list(places(document, "spec.on", {"kind": "B"})) == []
    assert list(places(document, "", {"kind": "A"})) == [("", document)]
    assert list(places(document["spec"], "triggers[]", {"type": True})) == []
