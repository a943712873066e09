"""The interpreter of values.schema.json in the templates judges as a validator of JSON Schema does."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from helm_nested.findings.refusal import load_refusals
from helm_nested.matrix.axes import load_matrix

from .bundle import CHART, ROOT
from .including import Validations

# Judges many values in one rendering, by the interpreter alone.
JUDGE = """\
kind: Verdicts
verdicts:
{{- $schema := toJson .Values.schema | fromJson }}
{{- if not $schema }}
{{- $schema = include "temporal-endpoints.schema" . | fromJson }}
{{- end }}
{{- $found := dict "definitions" $schema.definitions "root" $schema }}
{{- range (dict "cases" .Values.cases | toJson | fromJson).cases }}
  - {{ include "temporal-endpoints.fits" (dict "schema" $schema "value" . "found" $found) | eq "true" }}
{{- end }}
"""
ODD: tuple[Any, ...] = (
    "",
    "a",
    "A_b",
    "5",
    "50%",
    "a:1",
    "x" * 400,
    0,
    5,
    -1,
    2.5,
    70000,
    3e9,
    True,
    None,
    [],
    ["a"],
    [5, 5],
    {},
    {"a": 5},
)
KEYWORDS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "type of one": ({"type": ["integer"]}, [1, 1.0, 1.5, "1", True, None, [], {}, 1e300]),
    "type of several": ({"type": ["string", "null", "number"]}, ["", None, 1.5, 1, False, [], {}]),
    "enum": ({"enum": ["a", 0, None, True]}, ["a", "A", 0, 0.0, None, True, False, 1, ""]),
    "bounds": ({"minimum": 1, "maximum": 3}, [0, 0.9, 1, 1.0, 3, 3.1, "0", None]),
    "lengths count characters": ({"minLength": 2, "maxLength": 3}, ["", "a", "ä", "äö", "äöü", "äöüß", "😀😀😀", 5]),
    "pattern is found anywhere": ({"pattern": "b+$"}, ["abb", "abc", "b\n", "", 5]),
    "items": ({"items": {"type": ["string"]}, "minItems": 1, "maxItems": 2}, [[], ["a"], ["a", 5], ["a"] * 3, "a"]),
    "unique items": ({"uniqueItems": True}, [[1, 1.0], [1, "1"], [{"a": 1}, {"a": 1}], [[], {}], []]),
    "properties": (
        {"properties": {"a": {"type": ["null"]}}, "required": ["a"], "additionalProperties": False},
        [{}, {"a": None}, {"a": 1}, {"a": None, "b": 1}, [], "a"],
    ),
    "other properties": ({"additionalProperties": {"enum": [1]}}, [{}, {"a": 1}, {"a": 1, "b": 2}]),
    "names of properties": ({"propertyNames": {"not": {"pattern": "^x"}, "maxLength": 2}}, [{}, {"xa": 1}, {"abc": 1}]),
    "numbers of properties": ({"minProperties": 1, "maxProperties": 2}, [{}, {"a": 1}, {"a": 1, "b": 1, "c": 1}]),
    "all of": ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 1, 2, 3]),
    "any of": ({"anyOf": [{"minimum": 3}, {"maximum": 1}]}, [0, 2, 4]),
    "one of": ({"oneOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 1, 2, 3]),
    "if and then": ({"if": {"type": ["object"]}, "then": {"required": ["a"]}}, [5, {}, {"a": 1}]),
    "reference": (
        {"definitions": {"b": {"minimum": 1}}, "properties": {"a": {"$ref": "#/definitions/b"}}},
        [{"a": 0}, {"a": 1}],
    ),
}


def verdicts(folder: Path, cases: Sequence[Any], schema: dict[str, Any] | None = None) -> list[bool]:
    """What the interpreter says of each case, by a schema, values.schema.json's unless one is given."""
    found: list[bool] = Validations(folder, JUDGE).answer({"cases": cases, "schema": schema or {}})["verdicts"]
    return found


@pytest.mark.parametrize("name", KEYWORDS)
def test_a_keyword_means_what_json_schema_says(name: str, tmp_path: Path) -> None:
    """Each keyword that the chart's schema may use accepts and refuses what a validator does."""
    schema, cases = KEYWORDS[name]
    validator = jsonschema_rs.Draft7Validator(schema)
    expected = [validator.is_valid(case) for case in cases]
    assert len(set(expected)) == 2
    assert verdicts(tmp_path, cases, schema) == expected


def spoilt(part: Any) -> Iterator[Any]:
    """The value with one thing in it changed, wherever that is: an odd value, a key more, a key less."""
    yield from ODD
    if isinstance(part, dict):
        yield {**part, "another": 1}
        for key in part:
            yield {name: each for name, each in part.items() if name != key}
            for each in spoilt(part[key]):
                yield {**part, key: each}
    elif isinstance(part, list):
        yield [*part, *part]
        for number, item in enumerate(part):
            for each in spoilt(item):
                yield [*part[:number], each, *part[number + 1 :]]


def sampled(sources: Sequence[Any]) -> list[dict[str, Any]]:
    """A thousand of these values with a part of them spoilt: there are many more refused ones than others."""
    texts = {json.dumps(case, sort_keys=True) for source in sources for case in spoilt(copy.deepcopy(source))}
    chosen = Random(0).sample(sorted(texts), 1000)  # noqa: S311 - a sample
    return [case for case in map(json.loads, chosen) if isinstance(case, dict)]


def test_the_charts_schema_means_the_same(tmp_path: Path) -> None:
    """Every choice of the matrix and every refused input, with a part of it spoilt, is judged alike: a sample."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    # Another chart has keys of its own.
    del schema["additionalProperties"]
    validator = jsonschema_rs.validator_for(schema)
    matrix = load_matrix(ROOT / "values" / "matrix" / "axes.yaml")
    allowed = [choice.values for axis in matrix.axes for choice in axis.choices]
    refused = [each.values for each in load_refusals(ROOT / "values" / "matrix" / "refused.yaml")]
    cases = [*sampled(allowed), *sampled(refused)]
    expected = [validator.is_valid(case) for case in cases]
    assert len(cases) > 1500
    assert 0.1 < sum(expected) / len(expected) < 0.9
    found = verdicts(tmp_path, cases)
    assert [case for case, *both in zip(cases, found, expected, strict=True) if both[0] != both[1]] == []
