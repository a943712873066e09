"""Encoders: what an argument becomes in a template, and what a YAML parser then makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.errors import ContractError
from nested_templates.contract import Argument, ArgumentSet, Contract, Position, load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS, json_encoder, python_repr_encoder
from nested_templates.fill import fill
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import load_all

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
CONTRACT = load_contract(SCHEMAS / "contract.schema.json")
ARGUMENT_SETS = load_argument_sets(sorted((SCHEMAS / "argument-sets").glob("*.yaml")), CONTRACT)

NASTY = [
    "", " ", "  both ends  ", "a b", "it's", 'say "so"', "it's \"so\"", "\\", "\\\\", "\\'", '\\"', "a\\", "\\n",
    "\n", "one\ntwo\n", "one\r\ntwo", "\r", "\t", "\tx", "x\ty", "\x00", "\x01\x1b\x1f", "\x7f", "\x80\x84",
    "\x85", "a \x85 b", "\x86\x9f", "\xa0", "\u2028", "\u2029", "a \u2028 b", "a \u2029\u2029 b\n", "\ufeff",
    "a\ufeffb", "\ufffd", "\ufffe", "\uffff", "\ud7ff\ue000", "\U0001f680", "\U0001f469\u200d\U0001f680",
    "\U0010ffff", "\U0001fffe", "é", "e\u0301", "字幕", "שלום", "null", "~", "true", "no", "y", "1", "1.0", "1e3",
    "0x1F", "0o17", "12:30:45", "2024-01-01", "=", "<<", "- x", "a: b", "a #b", "#", "*a", "&a", "!a", "%", "@",
    "`", "|", ">", "?", "{x}", "[x]", ",", "---", "...", "{{ x }}", "$NAME ${NAME} $$", "x" * 5000,
    "".join(map(chr, range(0x100))),
]  # fmt: skip


def argument(position: Position) -> Argument:
    """An argument of that position, of which nothing else is known."""
    return Argument("X", position, "", "", None, None)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_text_comes_back_from_double_quotes(text: str) -> None:
    """Whatever text stands for a scalar in double quotes, YAML reads that text, in a map, in a list, and inline."""
    encoded = json_encoder(argument("scalar"), text)
    document = f'a: "{encoded}"\nb:\n  - "<{encoded}>"\nc: {{d: "{encoded}"}}\n'
    assert load_all(document, "here") == [{"a": text, "b": [f"<{text}>"], "c": {"d": text}}]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_text_comes_back_from_a_value(text: str) -> None:
    """Whatever text is somewhere in a list or map, YAML reads that text, on one line."""
    value = [text, {"key": text, "list": [[text], []], "map": {}}]
    encoded = json_encoder(argument("value"), value)
    assert load_all(f"a: {encoded}\nb:\n  - {encoded}\n", "here") == [{"a": value, "b": [value]}]
    assert len(encoded.splitlines()) == 1


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        250,
        2**63,
        10**30,
        1.5,
        -0.25,
        0.1,
        1e16,
        1e22,
        1.5e300,
        1e-5,
        5e-324,
        True,
        False,
        None,
        [],
        {},
        [1e16],
        {"a": None},
        {"a": ["1e+16", {"b": [-1e22, 5e-324]}], "2e-7": 1e-7},
    ],
)
def test_value_that_is_no_text_comes_back(value: Any) -> None:
    """Numbers, booleans and null keep their value and their type: as a bare scalar, and inside a value."""
    for position in ("scalar", "value"):
        read = load_all(f"a: {json_encoder(argument(position), value)}\n", "here", "pyyaml")[0]["a"]
        assert (read, type(read)) == (value, type(value))
    assert json.loads(json_encoder(argument("value"), value)) == value


def test_long_keys_stay_keys() -> None:
    """A key as long as Kubernetes allows (253 characters, a slash and 63 more) still is one."""
    value = {"k" * 317: "v"}
    assert load_all(f"a: {json_encoder(argument('value'), value)}", "here") == [{"a": value}]


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_entry_is_what_it_is(text: str) -> None:
    """An entry is a line that somebody else wrote: it stands as it is, in both encoders."""
    assert json_encoder(argument("entry"), text) == text == python_repr_encoder(argument("entry"), text)


ON_A_LINE = [text for text in NASTY if not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", text)]


@pytest.mark.parametrize("reader", ["kubernetes", "pyyaml"])
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("text", ON_A_LINE, ids=ascii)
def test_text_comes_back_from_a_line(text: str, encoder: str, reader: str) -> None:
    """Whatever text on one line stands in a block scalar, either reader reads that text, with either encoder."""
    encoded = ENCODERS[encoder](argument("line"), text)
    document = f"a: |2-\n  {encoded}\nb:\n  - c: |2-\n      {encoded}\n    d:\n      e: |2-\n        {encoded}\n"
    expected = {"a": text, "b": [{"c": text, "d": {"e": text}}]}
    assert load_all(document, "here", reader) == [expected]


@pytest.mark.parametrize("text", sorted(set(NASTY) - set(ON_A_LINE)), ids=ascii)
def test_text_that_is_not_on_one_line_breaks_the_contract(text: str) -> None:
    """What no line of a block scalar can hold is refused, whatever else the contract says of the argument."""
    contract = Contract({"properties": {"X": {"x-position": "line"}}}, "contract.json")
    with pytest.raises(ContractError, match=r"X: .* is not on one line, or has characters that YAML refuses there"):
        contract.check(ArgumentSet("set", "", (), {"X": text}))


@pytest.mark.parametrize("argument_set", ARGUMENT_SETS, ids=lambda each: each.name)
def test_every_argument_set_comes_back(argument_set: ArgumentSet) -> None:
    """Each argument of each set is read from a filled template as exactly that argument."""
    lines, expected = zip(*_cases(argument_set.arguments), strict=True)
    template = ServiceTemplate("ConfigMap/all", "all.yaml", "".join(lines))
    filled = fill(template, argument_set, CONTRACT, json_encoder)
    assert filled.documents == ({key: value for part in expected for key, value in part.items()},)


def _cases(arguments: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in arguments.items():
        position = CONTRACT.arguments[name].position
        if position == "entry":
            # One more line of a map: what it means is what YAML says of it.
            yield f"{name}:\n  ${{{name}}}\n  more: 1\n", {name: (yaml.safe_load(value) or {}) | {"more": 1}}
        elif position == "line":
            yield f"{name}: |2-\n  ${{{name}}}\n", {name: value}
        elif position == "scalar" and isinstance(value, str):
            yield f'{name}: "${{{name}}}"\n', {name: value}
        else:
            yield f"{name}: ${{{name}}}\n", {name: value}


@pytest.mark.parametrize("value", [*NASTY, 1, 1.5, True, None, ["a", {"b": "it's \n"}], {"a": [1, None]}], ids=ascii)
@pytest.mark.parametrize("position", ["scalar", "line", "value", "entry"])
def test_python_repr_is_what_substitute_does(value: object, position: Position) -> None:
    """The encoder `python-repr` gives `str()`, hence what `string.Template.substitute` splices in."""
    assert ENCODERS["python-repr"](argument(position), value) == str(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("\ud800", "X: '\\ud800' has a lone surrogate"),
        (["a", {"b": "c\udfff"}], "X[1].b: 'c\\udfff' has a lone surrogate"),
        (float("inf"), "X: inf is no JSON number"),
        ({1: 2}, "X: the key 1 is not a text"),
        (b"bytes", "X: b'bytes' is a bytes"),
        ({"a"}, "X: {'a'} is a set"),
    ],
)
def test_argument_that_no_text_can_hold_is_refused(value: object, said: str) -> None:
    """What neither JSON nor UTF-8 can carry is refused by the contract, before any encoder sees it."""
    contract = Contract({"properties": {"X": {"x-position": "value"}}}, "contract.json")
    with pytest.raises(ContractError) as caught:
        contract.check(ArgumentSet("odd", "", (), {"X": value}))
    assert said in str(caught.value)
    str(caught.value).encode("utf-8")


def test_a_set_with_one_other_argument_encodes_that_one_alone() -> None:
    """What two sets have in common is made text once, and what differs is never taken from the other."""
    encoded: list[object] = []

    def encoder(_argument: Argument, value: object) -> str:
        encoded.append(value)
        return str(value)

    one, two = (Argument(name, "scalar", "", "", None, None) for name in ("ONE", "TWO"))
    first = ArgumentSet("first", "", (), {"ONE": "a", "TWO": "b"})
    assert [first.text(one, encoder), first.text(two, encoder)] == ["a", "b"]
    other = first.of({**first.arguments, "TWO": "c"})
    assert [other.text(one, encoder), other.text(two, encoder), first.text(two, encoder)] == ["a", "c", "b"]
    assert encoded == ["a", "b", "c"]
