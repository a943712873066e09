"""A schema is judged by the draft that its `$schema` names: a contract, values, and a custom resource alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helm_nested.errors import ChartError, ContractError, ValuesError
from helm_nested.values_schema import ValuesSchema
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.json_schema import NoSchemaError, compiled

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

# A draft, a schema of A, and what it does and does not accept: each means another thing in another draft.
MEANINGS: list[tuple[str, Any, Any, Any]] = [
    (DRAFT_4, {"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 4, 3),
    (DRAFT_6, {"const": 3}, 3, 4),
    (DRAFT_7, {"if": {"type": "string"}, "then": {"minLength": 2}}, "ab", "a"),
    (DRAFT_7, {"type": "array", "items": [{"type": "string"}], "additionalItems": False}, ["a"], ["a", "b"]),
    (DRAFT_2019, {"properties": {"b": {}}, "unevaluatedProperties": False}, {"b": 1}, {"c": 1}),
    (DRAFT_2020, {"type": "array", "prefixItems": [{"type": "string"}], "items": False}, ["a"], ["a", "b"]),
    (DRAFT_2020, {"type": "array", "prefixItems": [{"type": "string"}]}, ["a"], [1]),
    (DRAFT_2020, {"type": "object", "dependentRequired": {"b": ["c"]}}, {"b": 1, "c": 1}, {"b": 1}),
    (DRAFT_2020, {"$ref": "#/$defs/word", "maxLength": 2}, "ab", "abc"),
    (DRAFT_2020, {"contains": {"const": 1}, "maxContains": 1}, [1], [1, 1]),
]


def schema(draft: str | None, part: Any) -> dict[str, Any]:
    """A schema of an object with A."""
    named = {"$schema": draft} if draft else {}
    return {**named, "type": "object", "properties": {"A": part}, "$defs": {"word": {"type": "string"}}}


def contract(draft: str | None, part: Any) -> Contract:
    """A contract of one argument."""
    return Contract(schema(draft, {**part, "x-position": "value"}), "contract.json")


@pytest.mark.parametrize(("draft", "part", "right", "wrong"), MEANINGS)
def test_a_contract_is_judged_by_its_draft(draft: str, part: Any, right: Any, wrong: Any) -> None:
    """What a keyword means in the contract's draft is what argument sets are held to."""
    judge = contract(draft, part)
    judge.check(ArgumentSet("right", "", (), {"A": right}))
    with pytest.raises(ContractError, match=r"(?s)breaks the contract contract\.json:\n  - A"):
        judge.check(ArgumentSet("wrong", "", (), {"A": wrong}))


@pytest.mark.parametrize(("draft", "part", "right", "wrong"), MEANINGS)
def test_values_are_judged_by_their_draft(draft: str, part: Any, right: Any, wrong: Any) -> None:
    """What a keyword means in values.schema.json's draft is what values are held to."""
    judge = ValuesSchema(json.dumps(schema(draft, part)).encode())
    judge.check({"A": right})
    with pytest.raises(ValuesError, match="  - A"):
        judge.check({"A": wrong})


@pytest.mark.parametrize(("draft", "part", "right", "wrong"), MEANINGS)
def test_a_schema_of_a_resource_is_judged_by_its_draft(draft: str, part: Any, right: Any, wrong: Any) -> None:
    """What checks compile takes the draft from the schema as well."""
    validator = compiled(schema(draft, part))
    assert validator.is_valid({"A": right})
    assert not validator.is_valid({"A": wrong})


def test_a_contract_without_a_draft_is_of_draft_7() -> None:
    """A contract that names no draft has the meaning that it always had."""
    with pytest.raises(ContractError, match=r"A: .*were unexpected|A\[1\]|A: "):
        contract(None, {"items": [{"type": "string"}], "additionalItems": False}).check(
            ArgumentSet("wrong", "", (), {"A": ["a", "b"]})
        )


@pytest.mark.parametrize("draft", ["https://json-schema.org/draft/2020-13/schema", "https://example.com/own", 7])
def test_a_draft_that_is_none_is_refused(draft: Any) -> None:
    """A `$schema` that nobody knows is not taken for one that somebody knows."""
    with pytest.raises(ContractError, match="is not a JSON Schema: "):
        contract(draft, {})
    with pytest.raises(ChartError, match="cannot be used: "):
        ValuesSchema(json.dumps(schema(draft, {})).encode())
    with pytest.raises(NoSchemaError):
        compiled(schema(draft, {}))


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("#/$defs/wrod", "refers to #/$defs/wrod, which is not in it"),
        ("#/properties/A/prefixItems/3", "refers to #/properties/A/prefixItems/3, which is not in it"),
        ("other.json", "refers to other.json, and nothing is fetched"),
        ("#anchor", "is not in it|is not a JSON Schema"),
    ],
)
def test_references_that_lead_nowhere_are_named(reference: str, said: str) -> None:
    """A reference that leads nowhere, or out of the contract, is told with what to do."""
    with pytest.raises(ContractError, match=said.replace("$", r"\$")):
        contract(DRAFT_2020, {"prefixItems": [{"type": "string"}], "items": {"$ref": reference}})


@pytest.mark.parametrize(
    "reference", ["#/$defs/word", "#word", "word.json", "#/properties/A/prefixItems/0", "#/$defs/a~1b", "#"]
)
def test_references_of_the_draft_are_followed(reference: str) -> None:
    """Anchors, identifiers inside the schema, places in lists and escapes are references like others."""
    text = {
        **schema(
            DRAFT_2020, {"prefixItems": [{"type": "string"}], "items": {"$ref": reference}, "x-position": "value"}
        ),
        "$defs": {
            "word": {"type": "string"},
            "a/b": {"type": "string"},
            "anchored": {"$anchor": "word", "type": "string"},
            "embedded": {"$id": "word.json", "type": "string"},
        },
    }
    judge = Contract(text, "contract.json")
    with pytest.raises(ContractError, match=r"A\[1\]"):
        judge.check(ArgumentSet("wrong", "", (), {"A": ["a", 1]}))
