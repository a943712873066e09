"""Readers: what a YAML text is to Kubernetes and Helm, and what it is to a program in Python."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import yaml

from helm_nested.errors import DocumentError
from helm_nested.scenario import load_scenario
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill
from nested_templates.service_template import Selector, find_service_templates
from nested_templates.yaml_documents import READERS, load_all, load_documents, parse_documents

SCALARS = [
    line.split("\t")
    for line in (Path(__file__).with_name("kubernetes_scalars.tsv")).read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def read(text: str, reader: str = "kubernetes") -> object:
    """The one document of a text."""
    (document,) = load_all(text, "here", reader)
    return document


def test_plain_scalars_are_what_kubernetes_takes_them_for() -> None:
    """Every scalar of the table has the value and the type that sigs.k8s.io/yaml gives it."""
    wrong = []
    for scalar, value, _ in SCALARS:
        document = read(f"a: {scalar}")
        assert isinstance(document, dict)
        own = document["a"]
        if value == "refused":
            is_right = isinstance(own, float) and not math.isfinite(own)
        else:
            expected = json.loads(value)
            # Beyond 64 bits the JSON has what is left of the number as a float.
            is_big = isinstance(expected, int) and abs(expected) > 2**63 and isinstance(own, int)
            is_right = own == expected or (is_big and float(str(own)) == float(expected))
            is_right = is_right and isinstance(own, bool) == isinstance(expected, bool)
            is_right = is_right and isinstance(own, str) == isinstance(expected, str)
        if not is_right:
            wrong.append((scalar, value, own))
    assert wrong == []


def test_whole_numbers_are_integers() -> None:
    """What Go writes without a fraction is an integer where Kubernetes wants one, however it was written."""
    for text in ("1e+06", "1e6", "1000000.0", "1_000_000"):
        document = read(f"a: {text}")
        assert document == {"a": 1_000_000}
        assert isinstance(document, dict)
        assert type(document["a"]) is int


def test_keys_are_texts() -> None:
    """A key of any type becomes the text that sigs.k8s.io/yaml makes of it, or is refused as there."""
    wrong = []
    for scalar, _, key in SCALARS:
        try:
            document = read(f"{scalar}: 1\n")
        except DocumentError:
            own = "refused"
        else:
            assert isinstance(document, dict)
            own = json.dumps(next(iter(document)))
        if json.loads(own if own != "refused" else '"refused"') != json.loads(key if key != "refused" else '"refused"'):
            wrong.append((scalar, key, own))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("b: 2\n<<: {b: 1}", {"b": 1}),
        ("<<: {b: 1}\nb: 2", {"b": 2}),
        (
            "k: &k {a: 1}\nm: &m {a: 2, b: 3}\nz: {<<: [*k, *m]}",
            {"k": {"a": 1}, "m": {"a": 2, "b": 3}, "z": {"a": 1, "b": 3}},
        ),
        ("a: !foo x\nb: !foo {c: 1}", {"a": "x", "b": {"c": 1}}),
        ("a: !!binary aGk=\nb: !!str 1\nc: !!float 1", {"a": "hi", "b": "1", "c": 1}),
        ("a: '1'\nb: \"y\"\nc: |\n  1\n", {"a": "1", "b": "y", "c": "1\n"}),
        ("a: <<\nb: =", {"a": "<<", "b": "="}),
        ("a: &x 1\nb: &x 2\nc: *x\n--- # another one", {"a": 1, "b": 2, "c": 2}),
        ("a: ! 5\nb: ! true\nc: ! [1]\nd: '! 5'", {"a": "5", "b": "true", "c": [1], "d": "! 5"}),
        ("a: \"😀 don\\'t, it\\'s\"\nb: '\\'", {"a": "😀 don't, it's", "b": "\\"}),
        ("a: '\\/'\nb: |\n  \\/\n", {"a": "\\/", "b": "\\/\n"}),
    ],
)
def test_merges_and_tags_are_those_of_kubernetes(text: str, document: object) -> None:
    """A merge, a tag and a quoted text are read as sigs.k8s.io/yaml reads them."""
    assert read(text) == document


@pytest.mark.parametrize(
    "text",
    [
        *("a: !!int x", "a: !!binary '*'", "<<: 1", "<<: [1]", "? [a]\n: 1", "~: 1", r'a: "\/"', r'a: "\q\'"'),
        *("%YAML 1.2\n---\na: 1", "a: 1\n...\nb: 2", "{a: 1}\nb: 2"),
    ],
)
def test_what_kubernetes_refuses_is_refused(text: str) -> None:
    """What sigs.k8s.io/yaml cannot read is refused with its line."""
    with pytest.raises(DocumentError, match=r"^here: line \d"):
        read(text)


@pytest.mark.parametrize("text", ["a: =", "a: [<<]", "a: !foo x"])
def test_what_pyyaml_refuses_is_refused_for_its_consumer_only(text: str) -> None:
    """A text that `yaml.safe_load` refuses is refused by the reader `pyyaml`, and taken by `kubernetes`."""
    assert read(text)
    with pytest.raises(DocumentError, match="could not determine a constructor"):
        read(text, "pyyaml")


@pytest.mark.parametrize("text", ["a: 1\t", "a:\t1", "a: 1\t# why", "- a: [1,\t2]"])
def test_a_tab_between_words_is_refused_for_a_python_consumer_only(text: str) -> None:
    """PyYAML's own scanner, which `yaml.safe_load` uses, takes a tab for no blank; libyaml and Go do."""
    assert load_all(text, "here", "kubernetes")
    with pytest.raises(DocumentError, match=r"line 1.*\n?.*cannot start any token"):
        load_all(text, "here", "pyyaml")
    assert load_all("a: |\n  \tx\nb: '\t'", "here", "pyyaml") == [{"a": "\tx\n", "b": "\t"}]


@pytest.mark.parametrize(
    "text",
    [
        *("a: !!bool y", "a: !!bool 1", "a: !!int", "a: !!float ''", "a: !!timestamp soon", "a: 2024-13-45"),
        *("a: |#why\n  x", "a: >-#why\n  x", "{a: &a 1, c: [*a, !!int '']}"),
    ],
)
def test_what_safe_load_cannot_read_is_refused_with_its_line(text: str) -> None:
    """Whatever error PyYAML itself ends with, the message names the line of the value."""
    with pytest.raises(DocumentError, match=r"^here: line 1, column \d"):
        read(text, "pyyaml")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: {=: 1, b: {=: 2}}",
            "=: 1\nb: 2",
            "a: {b:}",
            "a: [b:]",
            "a: {b:[c], d:{e: 1}}",
            "a: [?]",
            "a: !",
            "a: ! 1",
        ),
        *("b: 1\nc: {d:}\ne: &f {g:}\nh: *f", "a: 1\n# \t\nb: {c:}"),
    ],
)
def test_what_libyaml_reads_otherwise_is_read_as_safe_load_does(text: str) -> None:
    """The reader `pyyaml` takes what PyYAML's own scanner takes, also where the C library beside it refuses it."""
    assert read(text, "pyyaml") == yaml.safe_load(text)


def test_documents_before_one_that_libyaml_refuses_are_read_once() -> None:
    """Where only a later document takes PyYAML's own scanner, those before it are there once."""
    text = "a: 1\n---\nb: {c:, c:}\n---\nd: 2\n"
    parsed = parse_documents(text, "here", "pyyaml")
    assert list(parsed.documents) == list(yaml.safe_load_all(text))
    assert parsed.duplicate_keys == ((), (("b", "c"),), ())
    with pytest.raises(DocumentError, match="line 3"):
        parse_documents("a: 1\n---\nb: {c:]\n", "here", "pyyaml")


def test_half_a_character_is_refused() -> None:
    """An escape of half a character, which no object can hold, is refused and not half kept."""
    with pytest.raises(DocumentError, match="line 1"):
        read(r'a: "\ud83d\ude00"', "pyyaml")


@pytest.mark.parametrize("text", ["-9223372036854775809", "-9223372036854775808.0", "9.223372036854775808e18"])
def test_a_number_just_beyond_64_bits_is_not_brought_back_into_them(text: str) -> None:
    """As JSON has it: the shortest digits of the float, so that no integer field takes it."""
    document = read(f"a: {text}")
    assert isinstance(document, dict)
    assert abs(document["a"]) == 9_223_372_036_854_776_000


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: {c: *a}}", "&a {b: *a}"])
def test_anchor_that_contains_itself_is_refused(text: str, reader: str) -> None:
    """What has no end is refused by every reader."""
    with pytest.raises(DocumentError, match="an anchor contains itself"):
        read(text, reader)


@pytest.mark.parametrize("reader", READERS)
def test_aliases_out_of_proportion_are_refused(reader: str) -> None:
    """A text of nine lines that stands for a thousand million values is refused at once."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 9)]
    with pytest.raises(DocumentError, match="excessive aliasing"):
        read("\n".join(levels), reader)
    assert read("\n".join(levels[:2]), reader)


def test_last_of_equal_keys_is_taken_and_told() -> None:
    """Keys that become the same text are the same key."""
    parsed = parse_documents("a: {1: x, '1': y, 0x1: z}\n", "here")
    assert parsed.documents == ({"a": {"1": "z"}},)
    assert parsed.duplicate_keys == ((("a", "1"), ("a", "1")),)


def test_filled_template_is_read_by_the_reader_that_its_selector_names() -> None:
    """The same filled text is a finding for a consumer with PyYAML, and a document for one that reads as Kubernetes."""
    rendered = parse_documents('kind: ConfigMap\nmetadata: {name: a}\ndata: {a: "b: ="}', "here").documents
    contract, argument_set = Contract({"properties": {}}, "here"), ArgumentSet("one", "", (), {})
    for reader in READERS:
        (template,) = find_service_templates(rendered, [Selector("ConfigMap", "a", ("a",), reader=reader)])
        if reader == "pyyaml":
            with pytest.raises(DocumentError, match="could not determine a constructor"):
                fill(template, argument_set, contract, ENCODERS["json"])
        else:
            assert fill(template, argument_set, contract, ENCODERS["json"]).documents == ({"b": "="},)


@pytest.mark.parametrize("reader", READERS)
def test_items_of_a_list_are_the_documents(reader: str) -> None:
    """Of a `kind: List` (or a PodList, or a list in a list) the objects are looked at, with their duplicate keys."""
    pod, secret = {"kind": "Pod", "a": 2}, {"kind": "Secret"}
    text = (
        "{apiVersion: v1, kind: List, items: [{kind: Pod, a: 1, a: 2}, "
        "{apiVersion: v1, kind: SecretList, items: [{kind: Secret}]}]}\n---\nkind: Pod\na: 2\n"
    )
    parsed = parse_documents(text, "here", reader)
    assert parsed.documents == (pod, secret, pod)
    assert parsed.duplicate_keys == ((("a",),), (), ())
    assert load_documents(text.replace("a: 1, ", ""), "here", reader) == [pod, secret, pod]
    assert load_documents("{apiVersion: v1, kind: List, items: []}", "here", reader) == []
    assert load_documents("{apiVersion: v1, kind: List, items: null}", "here", reader) == []
    typed = "{apiVersion: apps/v1, kind: DeploymentList, items: [{a: 1}, {kind: '', a: 2}, {kind: Job}]}"
    head = {"apiVersion": "apps/v1", "kind": "Deployment"}
    assert load_documents(typed, "here", reader) == [{**head, "a": 1}, {**head, "a": 2}, {"kind": "Job"}]
    assert load_documents("{apiVersion: v1, kind: List, items: [{a: 1}]}", "here", reader) == [{"a": 1}]
    assert load_documents("{apiVersion: v1, kind: List}", "here", reader) == [{"apiVersion": "v1", "kind": "List"}]
    with pytest.raises(DocumentError, match=r"here: items\[1\] of the List is a str, not a map"):
        load_documents("{apiVersion: v1, kind: List, items: [{}, x]}", "here", reader)
    assert load_documents("{kind: AllowList, items: [x]}", "here", reader) == [{"kind": "AllowList", "items": ["x"]}]


def test_equal_keys_of_a_values_file_are_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Helm takes the last of two equal keys, so the file is used; the key and both lines are told."""
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\nb: 2\na: 3\n", encoding="utf-8")
    assert load_scenario([file]).layers == ("a: 1\nb: 2\na: 3\n",)
    assert capsys.readouterr().err == (
        f"warning: the values file {file}: line 3: the key 'a' stands twice: first in line 1. Helm takes the last. "
        "Remove one.\n"
    )
