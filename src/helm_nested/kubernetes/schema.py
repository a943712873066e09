"""Kubernetes' own schemas, strict, for each minor version: from the kubernetes-validate wheel, compiled once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from helm_nested.errors import SchemaError
from nested_templates.json_schema import compiled as compiled_schema
from nested_templates.suggestion import did_you_mean

DEFINITIONS = "_definitions.json"
# In a schema as JSON; the quotes of a description are escaped there.
_REFERENCE = re.compile(r'"\$ref": "[^"]*#/\$defs/([^"/]+)')
# Three lines of a terminal.
_LONGEST = 240


def known_minors() -> list[str]:
    """The minor versions there are schemas for, like `1.34`, oldest first."""
    found = {
        match[1] for each in _root().iterdir() if (match := re.fullmatch(r"v(1\.\d+)\.\d+-local-strict", each.name))
    }
    return sorted(found, key=lambda minor: int(minor.split(".")[1]))


def is_valid(document: dict[str, Any], minor: str) -> bool:
    """Whether Kubernetes of that minor version would accept the document: ten times faster than asking for faults.

    Raises:
        SchemaError: there is no schema for that kind or version, so it could not be checked.
        ValueError: the document holds what no JSON can carry.
    """
    return _validator_of(document, minor).is_valid(document)


def refusing(document: dict[str, Any], minors: Iterable[str]) -> list[str]:
    """Those of the minor versions that would not accept the document; those with the same schema are asked once.

    Raises:
        SchemaError, ValueError: see `is_valid`.
    """
    verdicts: dict[int, bool] = {}
    found = []
    for minor in minors:
        validator = _validator_of(document, minor)
        verdict = verdicts.get(id(validator))
        if verdict is None:
            verdict = verdicts[id(validator)] = validator.is_valid(document)
        if not verdict:
            found.append(minor)
    return found


def read_ahead(minors: Iterable[str]) -> None:
    """Read what every schema of these minor versions needs, for a thread that has nothing better to do.

    Raises:
        SchemaError: there are no schemas of one of them.
    """
    for minor in minors:
        _definitions(minor)


def faults(document: dict[str, Any], minor: str) -> list[tuple[tuple[str | int, ...], str]]:
    """What Kubernetes of that minor version would refuse in the document: the keys that lead to it, and why.

    Raises:
        SchemaError: there is no schema for that kind or version, so it could not be checked.
        ValueError: the document holds what no JSON can carry.
    """
    errors = _validator_of(document, minor).iter_errors(document)
    return [(tuple(error.instance_path), shortened(error.message)) for error in errors]


def problems(document: dict[str, Any], minor: str) -> list[str]:
    """What Kubernetes of that minor version would refuse in the document, each with its path; empty when nothing.

    Raises:
        SchemaError: there is no schema for that kind or version, so it could not be checked.
    """
    return sorted(
        f"{'.'.join(str(key) for key in path) or 'the document'}: {message}"
        for path, message in faults(document, minor)
    )


def shortened(message: str) -> str:
    """A message of jsonschema-rs without most of the instance, which it starts with; the rule is at its end."""
    return message if len(message) <= _LONGEST else f"… {message[-_LONGEST:]}"


def _validator_of(document: dict[str, Any], minor: str) -> jsonschema_rs.Validator:
    return _validator(minor, str(document.get("kind", "")), str(document.get("apiVersion", "")))


@cache
def _validator(minor: str, kind: str, api_version: str) -> jsonschema_rs.Validator:
    file = schema_folder(minor) / schema_name(kind, api_version)
    if not file.is_file():
        raise SchemaError(
            f"Kubernetes {minor} has no schema for {api_version} {kind}, so it could not be checked. "
            "Correct apiVersion and kind, or give the schema of the custom resource."
        )
    schema, shared = json.loads(file.read_bytes()), _definitions(minor)
    needed = shared | {"$defs": _needed(schema, shared["$defs"])}
    compiled = _COMPILED.setdefault(file.name, [])
    for known_schema, known_definitions, validator in compiled:
        if known_schema == schema and known_definitions == needed:
            return validator
    # All 730 definitions of a minor version take three times as long as those that one kind leads to.
    registry = jsonschema_rs.Registry([(DEFINITIONS, needed)])
    validator = compiled_schema(schema, registry=registry)
    compiled.append((schema, needed, validator))
    return validator


# By the name of a kind's file: its schema, the definitions that leads to, and both compiled, for every two minor
# versions that differ in them.
_COMPILED: dict[str, list[tuple[Any, Any, jsonschema_rs.Validator]]] = {}


@cache
def _definitions(minor: str) -> dict[str, Any]:
    definitions: dict[str, Any] = json.loads((schema_folder(minor) / DEFINITIONS).read_bytes())
    return definitions


def _needed(schema: object, definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that a schema refers to, and those that they refer to."""
    needed: dict[str, Any] = {}
    names = _references(schema)
    while names:
        name = names.pop()
        if name not in needed and name in definitions:
            needed[name] = definitions[name]
            names += _references(definitions[name])
    return needed


def _references(schema: object) -> list[str]:
    return _REFERENCE.findall(json.dumps(schema))


def schema_name(kind: str, api_version: str) -> str:
    """The name of the schema's file, as kubeconform and the wheel have it: `deployment-apps-v1.json`."""
    group, _, version = api_version.rpartition("/")
    return "-".join(part.lower() for part in (kind, group.split(".")[0], version) if part) + ".json"


@cache
def schema_folder(minor: str) -> Path:
    """The folder of that minor version's strict schemas.

    Raises:
        SchemaError: there are none.
    """
    for folder in _root().iterdir():
        if re.fullmatch(rf"v{re.escape(minor)}\.\d+-local-strict", folder.name):
            return folder
    raise SchemaError(
        f"there are no schemas of Kubernetes {minor}, so it could not be checked. {did_you_mean(minor, known_minors())}"
    )


@cache
def _root() -> Path:
    # Found without importing the package, which brings jsonschema and more (50 ms).
    found = find_spec("kubernetes_validate")
    if found is None or not found.submodule_search_locations:
        raise SchemaError("Kubernetes' schemas are not here, so nothing could be checked. Install kubernetes-validate.")
    return Path(found.submodule_search_locations[0], "kubernetes-json-schema")
