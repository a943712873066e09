"""Kubernetes' own schemas, strict, for each minor version: from the kubernetes-validate wheel, compiled once."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema_rs

from helm_nested.errors import SchemaError
from helm_nested.suggestion import did_you_mean

DEFINITIONS = "_definitions.json"
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
    return jsonschema_rs.validator_for(json.loads(file.read_text(encoding="utf-8")), registry=_registry(minor))


@cache
def _registry(minor: str) -> jsonschema_rs.Registry:
    definitions = json.loads((schema_folder(minor) / DEFINITIONS).read_text(encoding="utf-8"))
    return jsonschema_rs.Registry([(DEFINITIONS, definitions)])


def schema_name(kind: str, api_version: str) -> str:
    """The name of the schema's file, as kubeconform and the wheel have it: `deployment-apps-v1.json`."""
    group, _, version = api_version.rpartition("/")
    return "-".join(part.lower() for part in (kind, group.split(".")[0], version) if part) + ".json"


@cache
def schema_folder(minor: str) -> Traversable:
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


def _root() -> Traversable:
    return files("kubernetes_validate") / "kubernetes-json-schema"
