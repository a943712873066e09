"""JSON Schema of whichever draft a schema's `$schema` names: the one place where one is compiled and asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import jsonschema_rs

from nested_templates.document_path import join
from nested_templates.json_value import as_json, json_faults

DRAFT_7 = "http://json-schema.org/draft-07/schema#"

# What a schema refuses something by, of any draft.
_WORDS = """
$ref $dynamicRef $recursiveRef type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength
minLength pattern format items prefixItems additionalItems maxItems minItems uniqueItems contains minContains
maxContains maxProperties minProperties required properties patternProperties additionalProperties propertyNames
dependencies dependentRequired dependentSchemas unevaluatedItems unevaluatedProperties allOf anyOf oneOf not if
"""


class NoSchemaError(ValueError):
    """What should be a JSON Schema is none, names no draft that is known, or refers to what is not in it."""


@dataclass(frozen=True)
class Fault:
    """One thing in an instance that breaks the schema.

    Attributes:
        path: where it is in the instance.
        keyword: which keyword of the schema is broken.
        part: the part of the schema that the keyword stands in.
        unexpected: the keys that should not be there, if the keyword says so.
        instance: what is there.
    """

    path: str
    message: str
    keyword: str = ""
    part: Mapping[str, Any] | None = None
    unexpected: Sequence[str] = ()
    instance: object = None

    @property
    def known(self) -> list[str]:
        """The keys that may be there."""
        return list((self.part or {}).get("properties", {}))


class JsonSchema:
    """One compiled schema; `default` is the draft of one that names none."""

    def __init__(self, schema: object, *, default: str | None = None, formats: bool | None = None) -> None:
        self._schema = schema
        self._validator = compiled(schema, default=default, formats=formats)

    def accepts(self, instance: object) -> bool:
        """Whether the instance keeps to the schema."""
        try:
            return self._validator.is_valid(instance)
        except ValueError:  # it holds what no JSON can carry, like a date
            return False

    def faults(self, instance: object) -> Iterator[Fault]:
        """What in the instance breaks the schema, or is no JSON."""
        if self.accepts(instance):
            return
        foreign = [Fault(path, message) for path, message in json_faults(instance)]
        yield from foreign
        for error in self._validator.iter_errors(as_json(instance) if foreign else instance):
            *steps, keyword = error.schema_path or [""]
            unexpected = getattr(error.kind, "unexpected", None) or ()
            yield Fault(
                join("", error.instance_path),
                error.message,
                str(keyword),
                part_of(self._schema, steps),
                unexpected if keyword == "additionalProperties" else (),
                error.instance,
            )


def compiled(
    schema: object,
    *,
    default: str | None = None,
    formats: bool | None = None,
    registry: jsonschema_rs.Registry | None = None,
) -> jsonschema_rs.Validator:
    """The validator of a schema by its draft; nothing is fetched.

    Raises:
        NoSchemaError: see there; the text says where and why.
    """
    if default is not None and isinstance(schema, dict) and "$schema" not in schema:
        schema = {"$schema": default, **schema}
    try:
        return jsonschema_rs.validator_for(
            cast("dict[str, Any]", schema), validate_formats=formats, registry=registry, retriever=_refuse
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        place = join("", getattr(error, "instance_path", ()))
        reason = getattr(error, "message", None) or str(error)
        raise NoSchemaError(f"{place}: {reason.partition(chr(10))[0]}" if place else reason) from error
    except (ValueError, RecursionError) as error:
        raise NoSchemaError(str(error)) from error


def part_of(schema: object, steps: Sequence[str | int]) -> Mapping[str, Any] | None:
    """The part of a schema that the steps lead to, if it is a map."""
    part: Any = schema
    for step in steps:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            return None
    return part if isinstance(part, dict) else None


def says_something(schema: Mapping[str, object]) -> bool:
    """Whether the map has a word of JSON Schema that can refuse something: words of other kinds accept everything."""
    return not schema.keys().isdisjoint(_WORDS.split())


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"it refers to {uri}, and nothing is fetched")
