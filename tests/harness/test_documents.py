"""YAML texts as documents: a key that stands twice, several documents, and where a mistake is."""

from __future__ import annotations

from functools import partial

import pytest
import yaml

from helm_nested.errors import DocumentError
from nested_templates import yaml_documents
from nested_templates.yaml_documents import check_map

load_all = partial(yaml_documents.load_all, reader="pyyaml")
load_documents = partial(yaml_documents.load_documents, reader="pyyaml")
parse_documents = partial(yaml_documents.parse_documents, reader="pyyaml")


@pytest.mark.parametrize(
    ("text", "line", "first"),
    [
        ("a: 1\na: 2\n", 2, 1),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", 4, 2),
        ("- - x: 1\n    y: 2\n    x: 3\n", 3, 1),
        ("{a: 1, b: 2,\n a: 3}\n", 2, 1),
        ("a: [{b: 1}, {b: {c: 1, c: 2}}]\n", 1, 1),
        ("# a: 0\n---\na: 1\n---\nb: 1\n\nb: 2\n", 7, 5),
        ("'a': 1\n\"a\": 2\n", 2, 1),
        ("? a\n: 1\n? a\n: 2\n", 3, 1),
        ("1: a\n0x1: b\n", 2, 1),
        ("<<: {a: 1}\nb: 1\nb: 2\n", 3, 2),
        ("x: &x\n  a: 1\n  a: 2\ny:\n  <<: *x\n", 3, 2),
        ("a: |\n  a: 1\n  a: 2\na: 3\n", 4, 1),
    ],
)
def test_key_that_stands_twice_is_refused(text: str, line: int, first: int) -> None:
    """A duplicate key is refused at any depth, in block and in flow style, with both lines."""
    with pytest.raises(DocumentError, match=f"^here: line {line}, column .*stands twice: first in line {first};"):
        load_all(text, "here")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x: &x {a: 1, b: 1}\ny:\n  <<: *x\n  a: 2\n", {"x": {"a": 1, "b": 1}, "y": {"a": 2, "b": 1}}),
        (
            "x: &x {a: 1}\nz: &z {a: 2}\ny: {<<: [*x, *z], b: 3}\n",
            {"x": {"a": 1}, "z": {"a": 2}, "y": {"a": 1, "b": 3}},
        ),
        ("a: {b: 1}\nc: {b: 1}\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("'1': a\n1: b\n", {"1": "a", 1: "b"}),
        ("a: '<<'\n", {"a": "<<"}),
        # The merge of y is worked out before the map that it merges, which stands deeper, is looked at.
        (
            "x: &x {a: 1}\nd:\n  z: &z {<<: *x, a: 2}\ny: {<<: *z}\n",
            {"x": {"a": 1}, "d": {"z": {"a": 2}}, "y": {"a": 2}},
        ),
    ],
)
def test_key_that_only_looks_the_same_is_taken(text: str, value: object) -> None:
    """Merge keys, overridden merged keys, and equal keys of different maps are no duplicates."""
    assert load_all(text, "here") == [value]


@pytest.mark.parametrize(
    ("text", "documents", "paths"),
    [
        ("a: 1\nb: 2\n", ({"a": 1, "b": 2},), ((),)),
        ("a: 1\na: 2\n", ({"a": 2},), ((("a",),),)),
        ("a: 1\na: 2\na: 3\n", ({"a": 3},), ((("a",), ("a",)),)),
        ("a: {b: {c: 1}, b: {d: 1, d: 2}}\n", ({"a": {"b": {"d": 2}}},), ((("a", "b"), ("a", "b", "d")),)),
        ("a:\n  - b: 1\n  - {b: 1, 'b': 2}\n", ({"a": [{"b": 1}, {"b": 2}]},), ((("a", 1, "b"),),)),
        ("a: {1: x, 0x1: y}\n", ({"a": {1: "y"}},), ((("a", 1),),)),
        ("---\n---\na: 1\na: 2\n---\nb: 1\n", ({"a": 2}, {"b": 1}), ((("a",),), ())),
        ("x: &x {a: 1, a: 2}\ny: [*x, {<<: *x}]\n", ({"x": {"a": 2}, "y": [{"a": 2}, {"a": 2}]},), ((("x", "a"),),)),
    ],
)
def test_duplicate_keys_can_be_told_instead(text: str, documents: object, paths: object) -> None:
    """Of equal keys the last is kept, and the path of each that stands there again is told, once, by its document."""
    parsed = parse_documents(text, "here")
    assert parsed.duplicate_keys == paths
    assert documents is None or parsed.documents == documents


@pytest.mark.parametrize("text", ["a: [\n", "- 1\n", "a: =\n", "a: <<\n", "a: &a [*a]\n", "a: 2024-13-45\n"])
def test_only_duplicate_keys_are_taken(text: str) -> None:
    """What is no YAML or no map is refused there too."""
    with pytest.raises(DocumentError, match=r"^here: "):
        parse_documents(text, "here")


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("\n\n", []),
        ("# nothing\n", []),
        ("---\n---\n# x\n---\n", []),
        ("null\n---\n~\n", []),
        ("a: 1\n", [{"a": 1}]),
        ("---\na: 1\n---\n\n--- \nb: 2\n...\n", [{"a": 1}, {"b": 2}]),
        ("--- {a: 1}\n--- # x\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("{}\n", [{}]),
        ("a: |\n  ---\n  b\n", [{"a": "---\nb\n"}]),
    ],
)
def test_empty_documents_are_left_out(text: str, documents: list[object]) -> None:
    """A text holds as many documents as have content, in their order."""
    assert load_documents(text, "here") == documents


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n---\n- 1\n", "here: document 2 is a list, not a map: '[1]'. Write a map there, or nothing."),
        ("--- text\n", "here: document 1 is a str, not a map: 'text'. Write a map there, or nothing."),
        (
            "a: 1\nb: [\nc: 1\n",
            "(while parsing a flow sequence that starts in line 2). Correct what stands above.",
        ),
        ("a:\n  b: 'x\n\n  y\n", "(while scanning a quoted scalar that starts in line 2)"),
        (
            "a: 1\n\tb: 2\n",
            "line 2, column 1: found character '\\t' that cannot start any token\n    \tb: 2\nCorrect this line.",
        ),
        ("a: *nowhere\n", "here: line 1, column 4: found undefined alias"),
        ("é: 1\nb: \x07\n", "here: line 2: U+0007: control characters are not allowed. Write it as an escape"),
        ("a: 2024-13-45\n", "here: line 1, column 4: '2024-13-45' cannot be read as !!timestamp: month"),
        ("a: !!python/object:os.system x\n", "could not determine a constructor for the tag"),
        ("? {a: 1}\n: b\n", "here: line 1, column 3: found unhashable key"),
        ("a: \ud800\n", "here: a value cannot be read: 'utf-8' codec can't encode character '\\ud800'"),
    ],
)
def test_text_that_is_no_document_is_refused(text: str, said: str) -> None:
    """The message names the text, the line, what is wrong with it and what to do."""
    with pytest.raises(DocumentError) as caught:
        load_documents(text, "here")
    assert said in str(caught.value)
    assert str(caught.value).startswith("here: ")
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "text", ["", "# x\n", "null\n", "a: 1\n", "--- {}\n---\n", "a: !x y\nb: 2024-13-45\nc: =\n? [d]\n: e\n"]
)
def test_one_map_is_taken_whatever_its_values_are(text: str) -> None:
    """Only the shape of a values file is checked: its values are for Helm to read."""
    check_map(text, "here")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "here: line 1: not a map. Write 'name: value'."),
        ("# x\ntext\n", "here: line 2: not a map. Write 'name: value'."),
        ("a: 1\n---\nb: 1\n", "here: a second document starts at line 3. Make it one, or use two files."),
        ("a: [\n", "here: line 2, column 1: did not find expected node content. Correct what stands above."),
    ],
)
def test_anything_but_one_map_is_refused(text: str, said: str) -> None:
    """Values that are no map or are two documents are refused with their line."""
    with pytest.raises(DocumentError) as caught:
        check_map(text, "here")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "here: line 2: the key 'a' stands twice: first in line 1. Helm takes the last. Remove one."),
        (
            "a:\n  - b: 1\n    c: {d: 1, d: 2}\n",
            "here: line 3: the key 'd' stands twice: first in line 3. Helm takes the last. Remove one.",
        ),
    ],
)
def test_key_of_values_that_stands_twice_is_told(text: str, said: str) -> None:
    """Of two equal keys Helm takes the last, so the file is taken, and both lines are told."""
    assert check_map(text, "here") == [said]


@pytest.mark.parametrize(
    "text",
    [
        "a: {b: [1, 0x1F, 1_0, 1:30, 1.5, .inf, true, off, ~, '', \"x\\n\"]}\n2: b\ntrue: c\nnull: d",
        "a: |-\n  x\nb: >\n  y\n  z",
        "a: &x {b: [1]}\nc: *x\n<<: *x",
        "<<: {a: 1}\nb: 2",
        "a: 2024-01-02\nb: 2024-01-02 10:00:00",
        "a: !!set {x, y}\nb: !!str 1\nc: !!binary aGk=",
        "a: 1\n---\nb: 2",
    ],
)
def test_values_are_those_of_pyyaml(text: str) -> None:
    """Whether a text is plain or has aliases, merges, dates or tags, its values and their types are PyYAML's."""
    expected = list(yaml.safe_load_all(text))
    found = load_all(text, "a text")
    assert repr(found) == repr(expected)


def test_an_alias_is_the_same_value() -> None:
    """What an alias names is one value and not a copy, as it is with PyYAML."""
    (document,) = load_all("a: &x [1]\nb: *x", "a text")
    assert document["a"] is document["b"]
