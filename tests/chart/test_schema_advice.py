"""What the templates say of a value that their schema refuses: what to set instead, and what the schema takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from scripts import generate

from .bundle import CHART
from .including import Validations

# What each define gives for each case, in one rendering.
ASKED = """\
kind: Answers
answers:
{{- range (dict "cases" .Values.cases | toJson | fromJson).cases }}
{{- $found := dict "definitions" (default dict .definitions) "root" dict }}
  - {{ include (printf "temporal-endpoints.%s" .define) (merge (dict "found" $found) .given) | toJson }}
{{- end }}
{{- range (dict "cases" .Values.words | toJson | fromJson).cases }}
  - {{ include (printf "temporal-endpoints.%s" .define) .given | toJson }}
{{- end }}
"""


class Defines:
    """The defines of templates/validations, each called with what it is given."""

    def __init__(self, folder: Path) -> None:
        self._validations = Validations(folder, ASKED)

    def answer(self, name: str, given: Any, definitions: Mapping[str, Any] | None = None) -> str:
        """What a define gives; to those that follow references also the definitions are given."""
        case = {"define": name, "given": given, "definitions": definitions or {}}
        is_word = definitions is None
        (text,) = self._validations.answer({"words": [case]} if is_word else {"cases": [case]})["answers"]
        return str(text)


@pytest.fixture(scope="module")
def defines(tmp_path_factory: pytest.TempPathFactory) -> Defines:
    """The defines, loaded once."""
    return Defines(tmp_path_factory.mktemp("asked"))


TEXT = {"type": ["string"]}
FLAG = {"type": ["boolean"]}
NUMBER = {"type": ["integer"]}
NAMED = {"properties": {"name": TEXT, "count": NUMBER}, "required": ["name"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"enum": ["restricted", 5, "baseline"]}, "resricted", ["restricted", ["resricted"], "restricted"]),
        (NUMBER, "-15", [-15, ["-15"], 1]),
        (NUMBER, "123456789012345", [123456789012345, ["123456789012345"], 1]),
        (NUMBER, "1234567890123456", [["1234567890123456"], 1]),
        (NUMBER, "5x", [["5x"], 1]),
        (FLAG, "True", [True, ["True"], False]),
        (FLAG, "yes", [True, ["yes"], False]),
        (FLAG, "ON", [True, ["ON"], False]),
        (FLAG, "false", [False, ["false"], False]),
        (FLAG, "No", [False, ["No"], False]),
        (FLAG, "off", [False, ["off"], False]),
        (FLAG, "perhaps", [["perhaps"], False]),
        (TEXT, 5, ["5", [5], "name"]),
        (TEXT, True, ["true", [True], "name"]),
        ({"type": ["integer"], "minimum": 2, "maximum": 9}, 11, ["11", [11], 2, 9, 2]),
        ({"type": ["array"], "items": NUMBER}, [1, "a", 1, 2], [[1, 2], []]),
        ({"type": ["array"], "items": NUMBER}, ["a"], [[]]),
        ({"type": ["array"]}, ["a"], [[]]),
    ],
)
def test_what_could_be_set_instead_comes_best_first(defines: Defines, schema: Any, value: Any, expected: Any) -> None:
    """What the text means comes first, then a list of the value, then bounds, then an example; null is last."""
    given = {"schema": schema, "value": value, "steps": []}
    # No step leads away from the top of the chart's values, of which nothing need be set.
    lists = [each for each in expected if each != {}]
    found = json.loads(defines.answer("candidates", given, {}))["candidates"]
    assert found[-1] is None
    assert [each for each in found[:-1] if each != {}] == lists


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["temporal", "podSecurity"], ["restricted"]),
        (["temporal", "connection"], [{}]),
        (["temporal", "connection", "nothing"], []),
        (["temporal", 0], []),
        (["nowhere", "at", "all"], []),
    ],
)
def test_the_charts_own_default_is_among_it(defines: Defines, steps: Sequence[str | int], expected: Any) -> None:
    """Where the chart has a default, that may be set; of a map nothing need be set, and elsewhere there is none."""
    given: dict[str, Any] = {"schema": {}, "value": None, "steps": list(steps)}
    assert json.loads(defines.answer("candidates", given, {}))["candidates"] == ["null", [None], *expected, None]


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        # What is wrong goes, what is right stays; what is lacking comes.
        (NAMED, {"count": "x", "other": 1}, [{}, {"name": "name"}]),
        (NAMED, {"name": "a", "count": "x"}, [{"name": "a"}, {"name": "a"}]),
        # Where other keys may be, they stay; where they have a schema, only what fits it.
        ({"properties": {"a": NUMBER}}, {"a": "x", "b": 1}, [{"b": 1}, {"b": 1}]),
        ({"additionalProperties": TEXT}, {"a": 1, "b": "x"}, [{"b": "x"}, {"b": "x"}]),
        # A key that may not be called so goes, whatever stands under it.
        (
            {"propertyNames": {"pattern": "^[a-z]+$"}, "additionalProperties": TEXT},
            {"A": "x", "b": "y"},
            [{"b": "y"}, {"b": "y"}],
        ),
        ({"propertyNames": {"pattern": "^[a-z]+$"}}, {"A": "x", "b": "y"}, [{"b": "y"}, {"b": "y"}]),
        # Of several ways the first one is filled in.
        (
            {"properties": {"a": NUMBER, "b": NUMBER}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            [{}, {"a": 1}],
        ),
        # A key of which nothing is known has no example.
        ({"required": ["a"]}, {}, [{}, {}]),
        # Of keys that exclude each other one is left, each in turn.
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": 1, "b": 2, "c": 3},
            [{"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "c": 3}, {"b": 2, "c": 3}],
        ),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1}, [{"a": 1}, {"a": 1}, {"a": 1}]),
    ],
)
def test_a_map_is_repaired(defines: Defines, schema: Any, value: Any, expected: Any) -> None:
    """A map keeps what is right in it, gets what it lacks, and has one of the keys that exclude each other."""
    given = {"schema": schema, "value": value, "steps": []}
    assert json.loads(defines.answer("repaired", given, {}))["candidates"] == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["a", "b"]}, "a"),
        (TEXT, "name"),
        ({"type": ["string"], "pattern": "^/"}, "/name"),
        ({"type": ["string"], "pattern": "^[0-9]+$"}, "1"),
        (FLAG, False),
        (NUMBER, 1),
        ({"type": ["integer"], "minimum": 30}, 30),
        ({"type": ["array"]}, []),
        ({"type": ["array"], "items": TEXT, "minItems": 1}, ["name"]),
        ({"type": ["object"], "properties": {"name": TEXT}, "required": ["name"]}, {"name": "name"}),
        ({"$ref": "#/definitions/count"}, 7),
    ],
)
def test_an_example_fits_its_schema(defines: Defines, schema: Any, expected: Any) -> None:
    """Of every type there is some value that the schema takes."""
    definitions = {"count": {"type": ["integer"], "minimum": 7}}
    found = defines.answer("example", {"schema": schema}, definitions)
    assert json.loads(found) == {"value": expected}


@pytest.mark.parametrize("schema", [{}, {"type": ["string"], "pattern": "^[A-Z]+$"}, {"type": ["null"]}])
def test_without_an_example_nothing_is_given(defines: Defines, schema: Any) -> None:
    """Where nothing is known that fits, nothing is made up."""
    assert defines.answer("example", {"schema": schema}, {}) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"value": {"a": 1}, "at": [], "new": 5}, 5),
        ({"value": {"a": {"x": 1}, "b": 2}, "at": ["a", "y"], "new": 5}, {"a": {"y": 5}}),
        ({"value": {"a": {"x": 1}, "b": 2}, "at": ["a", "y"], "new": 5, "whole": True},
         {"a": {"x": 1, "y": 5}, "b": 2}),
        ({"value": "text", "at": ["a"], "new": 5}, {"a": 5}),
        ({"value": {"a": [{"x": 1, "y": 2}, {"z": 3}]}, "at": ["a", 0, "x"], "new": 5},
         {"a": [{"x": 5, "y": 2}, {"z": 3}]}),
    ],
)  # fmt: skip
def test_the_yaml_to_set_has_what_is_on_the_way_and_lists_whole(defines: Defines, given: Any, expected: Any) -> None:
    """Of maps only the keys on the way are shown; of a list every entry, as Helm takes a list as a whole."""
    assert json.loads(defines.answer("placed", {"whole": False, **given})) == {"value": expected}


@pytest.mark.parametrize(
    ("word", "words", "least", "expected"),
    [
        ("podSecurty", ["podSecurity", "podLabels"], None, "podSecurity"),
        ("PODSECURITY", ["podLabels", "podSecurity"], None, "podSecurity"),
        ("xyz", ["podSecurity"], None, ""),
        ("abcd", ["abxx"], None, ""),
        # The pairs of ^ab$ and ^abx$ are 3 and 4, of which 2 are alike: 57 of 100.
        ("ab", ["abx"], None, "abx"),
        ("ab", ["abx"], 57, "abx"),
        ("ab", ["abx"], 58, ""),
        ("node labels", ["node_labels"], 100, "node_labels"),
        ("a", [], None, ""),
    ],
)
def test_the_nearest_word_has_most_pairs_of_letters_in_common(
    defines: Defines, word: str, words: Sequence[str], least: int | None, expected: str
) -> None:
    """At least half of the pairs must be alike, or as many as are asked for; the most alike word is told."""
    given = {"word": word, "words": list(words)} | ({} if least is None else {"least": least})
    assert defines.answer("nearest", given) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"enum": ["a", 5, None]}, "a, 5 or null"),
        (TEXT, "text"),
        ({"pattern": "^a"}, "text that matches ^a"),
        ({"maxLength": 3}, "text of at most 3 characters"),
        ({"minLength": 1}, "text of at least 1 character"),
        ({"type": ["string"], "minLength": 1, "maxLength": 63}, "text of 1 to 63 characters"),
        ({"type": ["integer"], "minimum": 1, "maximum": 9}, "a whole number from 1 to 9"),
        ({"type": ["number", "null"], "minimum": 1}, "a number of at least 1 or null"),
        ({"type": ["array"], "minItems": 1, "maxItems": 2, "uniqueItems": True},
         "a list of 1 to 2 entries without duplicates"),
        ({"type": ["array"], "maxItems": 1}, "a list of at most 1 entry"),
        ({"type": ["object"], "minProperties": 1}, "a map of at least 1 key"),
        ({"type": ["object"], "maxProperties": 2}, "a map of at most 2 keys"),
        ({"type": ["boolean", "string", "null"]}, "true or false, text or null"),
        ({"type": ["string"], "not": {"enum": ["a"]}}, "text or anything but a"),
    ],
)  # fmt: skip
def test_what_a_schema_takes_is_said_in_words(defines: Defines, schema: Any, expected: str) -> None:
    """Words, types, bounds and patterns are said as a person would say them."""
    assert defines.answer("takes", schema) == expected


def test_a_long_value_is_cut(defines: Defines) -> None:
    """Of a value a hundred characters are shown, whole ones."""
    assert defines.answer("shown", "ä" * 200) == '"' + "ä" * 99 + "..."
    assert defines.answer("shown", {"a": [1, None]}) == '{"a":[1,null]}'


@pytest.mark.parametrize("name", ["templates/_defaults.tpl", "templates/validations/_schema.tpl"])
def test_what_is_generated_says_what_its_source_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The defaults and the schema that other charts get are those of values.yaml and values.schema.json."""
    monkeypatch.setattr(generate, "CHART", CHART)
    write = {"templates/_defaults.tpl": generate.defaults, "templates/validations/_schema.tpl": generate.schema}
    assert (CHART / name).read_text(encoding="utf-8") == write[name]()
