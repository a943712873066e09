"""The check `custom-schema`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.document_path import has, join, nearest, places
from helm_nested.errors import SchemaError
from helm_nested.json_schema import compiled
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.json_value import as_json, json_faults
from helm_nested.kubernetes.schema import shortened


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document, claims = subject.document, subject.claims
    kind, api_version = document.get("kind"), document.get("apiVersion")
    schemas = [each for each in claims.custom_schemas if each.kind == kind and each.api_version == api_version]
    if not schemas and not is_custom(document):
        return
    if str(kind) not in claims.without_schema and not any(not each.at for each in schemas):
        yield Problem(
            nearest("", document, ["kind"]),
            f"there is no schema for {api_version} {kind}, so it could not be checked.",
            advice="Give one, or say why there is none.",
        )
    messages: dict[tuple[str, str], list[str]] = {}
    for schema in schemas:
        for place, value in places(document, schema.at):
            for path, message in _faults(value, place, schema.schema):
                messages.setdefault((path, message), []).append("/".join(schema.schema.parts[-2:]))
    paths: dict[str, list[str]] = {}
    for (path, message), files in messages.items():
        paths.setdefault(path, []).append(f"{message} ({', '.join(dict.fromkeys(files))})")
    for path, found in paths.items():
        yield Problem(path, "; ".join(found))


def _faults(value: object, place: str, schema: Path) -> Iterator[tuple[str, str]]:
    validator = _validator(schema)
    try:
        if validator.is_valid(value):
            return
    except ValueError:
        pass  # It holds what JSON cannot carry, which is said below.
    faults = dict(json_faults(value, place))
    yield from faults.items()
    # That may be hiding more: the rest is checked without it.
    for error in validator.iter_errors(as_json(value) if faults else value):
        if not faults or has(value, join("", error.instance_path)):
            yield join(place, error.instance_path), shortened(error.message)


@cache
def _validator(path: Path) -> jsonschema_rs.Validator:
    try:
        text = path.read_text(encoding="utf-8")
        schema: Any = json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=yaml.CSafeLoader)
        return compiled(schema)
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SchemaError(f"the schema {path} cannot be used: {reason}. Correct it, or the configuration.") from error


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
