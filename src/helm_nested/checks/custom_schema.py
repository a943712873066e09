"""The check `custom-schema`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from helm_nested.checking.model import Check, Claims, DocumentSubject, Problem
from helm_nested.errors import SchemaError
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.document_part import text_of
from helm_nested.kubernetes.resource_definition import ResourceDefinition, is_definition
from helm_nested.kubernetes.schema import shortened
from nested_templates.document_path import has, join, nearest, places
from nested_templates.input_file import read_text
from nested_templates.json_schema import compiled, part_of, says_something
from nested_templates.json_value import as_json, json_faults
from nested_templates.suggestion import nearest as nearest_name
from nested_templates.yaml_documents import Document


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document, claims = subject.document, subject.claims
    kind, api_version = document.get("kind"), document.get("apiVersion")
    schemas = [each for each in claims.custom_schemas if each.suits(document)]
    definitions = claims.definitions_for(document)
    if not schemas and not is_custom(document):
        return
    if str(kind) not in claims.without_schema and claims.lack_schema(document):
        yield Problem(
            nearest("", document, ["kind"]),
            f"there is no schema for {api_version} {kind}, so it could not be checked.",
            advice="Name its CustomResourceDefinition or a schema in the configuration, or say why there is none.",
        )
    names: dict[Problem, list[str]] = {}
    for schema in schemas:
        for place, value in places(document, schema.at, schema.where):
            for fault in _faults(value, place, *_schema(schema.schema)):
                names.setdefault(fault, []).append("/".join(schema.schema.parts[-2:]))
    for name, faults in _by_definitions(document, definitions, claims):
        for fault in faults:
            names.setdefault(fault, []).append(name)
    told: dict[str, list[Problem]] = {}
    for fault, found in names.items():
        told.setdefault(fault.path, []).append(
            replace(fault, message=f"{fault.message} ({', '.join(dict.fromkeys(found))})")
        )
    for path, problems in told.items():
        advice = " ".join(dict.fromkeys(each.advice for each in problems if each.advice))
        yield Problem(path, "; ".join(each.message for each in problems), advice=advice)


def _by_definitions(
    document: Document, definitions: Sequence[ResourceDefinition], claims: Claims
) -> Iterator[tuple[str, list[Problem]]]:
    """What the plain half of each definition refuses; its rules are for Kubernetes' own code to judge."""
    rendered: list[tuple[str, list[Problem]]] = []
    kept = as_kept(document) if definitions else document
    for definition in definitions:
        try:
            faults = plain_faults(kept, definition)
        except SchemaError:
            if claims.kubernetes_program is None:
                raise
            continue  # Kubernetes' own code judges this half too
        if definition.is_rendered:
            rendered.append((definition.name, faults))
        else:
            yield definition.name, faults
    # Those that the chart renders are each of other combinations: one that accepts it is enough.
    if all(faults for _, faults in rendered):
        yield from rendered[:1]


def plain_faults(document: Document, definition: ResourceDefinition) -> list[Problem]:
    """What a JSON Schema made of the definition refuses in the custom resource, which is `as_kept`.

    Raises:
        SchemaError: no usable schema can be made of it.
    """
    validator = _plain_validator(definition, str(document.get("apiVersion")))
    return list(_faults(document, "", validator))


def as_kept(document: Document) -> Document:
    """The document as an API server keeps it: null means that a key of a map is not there."""
    return {key: _without_null(value) for key, value in document.items() if value is not None}


def _without_null(value: object) -> object:
    if isinstance(value, dict):
        return as_kept(value)
    return [_without_null(each) for each in value] if isinstance(value, list) else value


@cache
def _plain_validator(definition: ResourceDefinition, api_version: str) -> jsonschema_rs.Validator:
    try:
        return compiled(definition.plain_schema(api_version))
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise SchemaError(f"the schema in {definition.name} cannot be used: {reason}. Correct it.") from error


def _faults(value: object, place: str, validator: jsonschema_rs.Validator, schema: object = None) -> Iterator[Problem]:
    try:
        if validator.is_valid(value):
            return
    except ValueError:
        pass  # It holds what JSON cannot carry, which is said below.
    faults = dict(json_faults(value, place))
    yield from (Problem(path, message) for path, message in faults.items())
    # That may be hiding more: the rest is checked without it.
    for error in validator.iter_errors(as_json(value) if faults else value):
        if not faults or has(value, join("", error.instance_path)):
            yield Problem(join(place, error.instance_path), shortened(error.message), advice=_advice(error, schema))


def _advice(error: jsonschema_rs.ValidationError, schema: object) -> str:
    """The nearest of the words that may stand there, or what the schema says of a pattern in words."""
    if error.schema_path and error.schema_path[-1] == "pattern":
        return text_of((part_of(schema, error.schema_path[:-1]) or {}).get("description")) or ""
    return _nearest_word(error)


def _nearest_word(error: jsonschema_rs.ValidationError) -> str:
    """The nearest of the words that may stand there, where only some may."""
    if not isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum) or not isinstance(error.instance, str):
        return ""
    near = nearest_name(error.instance, [word for word in error.kind.options if isinstance(word, str)])
    return f"Did you mean {near!r}?" if near else ""


@cache
def _schema(path: Path) -> tuple[jsonschema_rs.Validator, object]:
    """The schema in that file, compiled and as it is written."""
    try:
        text = read_text(path)
        schema: Any = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader)
        if isinstance(schema, dict) and not says_something(schema):
            raise SchemaError(f"the schema {path} says nothing, so it would accept everything. {_instead(schema)}")
        return compiled(schema), schema
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SchemaError(f"the schema {path} cannot be used: {reason}. Correct it, or the configuration.") from error


def _instead(schema: dict[str, Any]) -> str:
    if is_definition(schema):
        return "It is a CustomResourceDefinition: name the file under checks.customResourceDefinitions instead."
    return "It has none of JSON Schema's words, such as 'properties'. Correct it, or the configuration."


CHECK = Check(
    name="custom-schema",
    scope="document",
    message=(
        "Every custom resource matches its schema, and one without a schema is named in the configuration; "
        "otherwise it is invalid, or nobody knows whether it is valid."
    ),
    run=_run,
    passing=(
        """\
apiVersion: example.com/v1
kind: Widget
metadata:
  name: a
spec:
  size: 3
  parts:
    - settings:
        colour: red
""",
        """\
# the examples say of this kind that there is no schema
apiVersion: example.com/v1
kind: Gadget
metadata:
  name: a
""",
    ),
    failing=(
        """\
# a misspelt field
apiVersion: example.com/v1
kind: Widget
metadata:
  name: a
spec:
  sise: 3
""",
        """\
# a mistake that only the schema of a part can tell
apiVersion: example.com/v1
kind: Widget
metadata:
  name: a
spec:
  parts:
    - settings:
        colour: blue
""",
        """\
# a kind without a schema
apiVersion: example.com/v1
kind: Gizmo
metadata:
  name: a
""",
    ),
)
