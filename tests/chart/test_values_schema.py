"""values.schema.json: each of its rules refuses an input that is known, wherever the rule is used."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import jsonschema_rs

from helm_nested.chart import load_chart
from helm_nested.engine import open_in_process
from helm_nested.findings.refusal import load_refusals

from .bundle import CHART, ROOT

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
# By the keyword: what of it is a schema, below which more rules stand. What stands under `if`, `not`, `anyOf` and
# `oneOf` refuses nothing by itself.
NESTED = {"properties", "definitions"}
BELOW = {"items", "additionalProperties", "propertyNames", "then"}
SAYS_NOTHING = {"$schema", "$comment", "title", "if"}
# Values that are no map never come as far as the schema.
NEVER_ASKED = {("type",)}

Location = tuple[str, ...]


def keywords(schema: Any, at: Location = ()) -> Iterator[Location]:
    """Where in the schema each keyword stands that can refuse something, and each reference."""
    for keyword, value in schema.items():
        here = (*at, keyword)
        if keyword in NESTED:
            for name, below in value.items():
                if isinstance(below, dict):
                    yield from keywords(below, (*here, name))
        elif keyword == "allOf":
            for number, below in enumerate(value):
                yield from keywords(below, (*here, str(number)))
        elif keyword in BELOW and isinstance(value, dict):
            yield from keywords(value, here)
        elif keyword not in SAYS_NOTHING:
            yield here


def references(path: Sequence[str | int]) -> Iterator[Location]:
    """The references on an error's way through the schema, by where each stands."""
    part: Any = SCHEMA
    at: Location = ()
    for step in path:
        if step == "$ref":
            yield (*at, "$ref")
            at = tuple(part["$ref"].removeprefix("#/").split("/"))
            part = SCHEMA
            for each in at:
                part = part[each]
        else:
            at = (*at, str(step))
            part = part[int(step) if isinstance(part, list) else step]


@cache
def broken() -> frozenset[Location]:
    """The keywords that the refused inputs break, and the references that lead there."""
    validator = jsonschema_rs.validator_for(SCHEMA)
    engine = open_in_process(load_chart(CHART))
    found: set[Location] = set()
    for refusal in load_refusals(ROOT / "values" / "matrix" / "refused.yaml"):
        for error in validator.iter_errors(engine.effective(refusal.values)):
            found.add(tuple(str(step) for step in error.schema_path))
            found.update(references(error.evaluation_path))
    return frozenset(found)


def test_every_rule_refuses_an_input() -> None:
    """Each type, range, pattern, list of words and list of keys has an input that it refuses, in known words."""
    rules = {each for each in keywords(SCHEMA) if each[-1] != "$ref"} - NEVER_ASKED
    assert len(rules) > 400
    assert sorted("/".join(each) for each in rules - broken()) == []


def test_every_use_of_a_shared_rule_refuses_an_input() -> None:
    """A value without its reference to the shared rules would take anything; each refuses something by them."""
    uses = {each for each in keywords(SCHEMA) if each[-1] == "$ref"}
    assert len(uses) > 50
    assert sorted("/".join(each) for each in uses - broken()) == []
