"""What may stand in the configuration file, as a JSON schema, and the shortest example."""

from __future__ import annotations

from typing import Any

from helm_nested.engine import release_map
from nested_templates.encoder import ENCODERS
from nested_templates.yaml_documents import READERS

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["chart", "serviceTemplates", "contract", "argumentSets", "scenarios"],
    "additionalProperties": False,
    "properties": {
        "chart": _TEXT,
        "release": release_map.SCHEMA,
        "serviceTemplates": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["kind", "name"],
                "if": {"not": {"required": ["path"]}},
                "then": {"required": ["keys"]},
                "additionalProperties": False,
                "properties": {
                    "kind": _TEXT,
                    "name": _TEXT,
                    "keys": _TEXTS,
                    "path": _TEXT,
                    "dialect": _TEXT,
                    "reader": {"enum": sorted(READERS)},
                    "filters": _TEXT,
                    "globals": _TEXT,
                },
            },
        },
        "contract": _TEXT,
        "encoder": {"enum": sorted(ENCODERS)},
        "argumentSets": _TEXTS,
        "scenarios": _TEXTS,
        "matrix": _TEXT,
        "refused": _TEXT,
        "cache": _TEXT,
        "patch": {
            "type": "object",
            "required": ["keys"],
            "additionalProperties": False,
            "properties": {"keys": _TEXTS},
        },
        "mutation": {
            "type": "object",
            "required": ["tests"],
            "additionalProperties": False,
            "properties": {
                "tests": _TEXTS,
                "ignore": _TEXTS,
                "exclude": {"type": "object", "additionalProperties": _TEXT},
                "reasons": _TEXT,
            },
        },
        "checks": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "kubernetes": _TEXTS,
                "modules": _TEXTS,
                "podSecurityAnnotation": _TEXT,
                "customResourceDefinitions": _TEXTS,
                "kubernetesValidation": {"enum": ["required", "optional"]},
                "customSchemas": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["apiVersion", "kind", "schema"],
                        "additionalProperties": False,
                        "properties": {
                            "apiVersion": _TEXT,
                            "kind": _TEXT,
                            "schema": _TEXT,
                            "at": _TEXT,
                            "where": {
                                "type": "object",
                                "minProperties": 1,
                                "additionalProperties": {"type": ["string", "number", "boolean"]},
                            },
                        },
                    },
                },
                "accepted": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["check", "path", "reason"],
                        "additionalProperties": False,
                        "properties": dict.fromkeys(
                            ("check", "path", "key", "argumentSet", "message", "reason"), _TEXT
                        ),
                    },
                },
                "withoutSchema": {"type": "object", "additionalProperties": _TEXT},
                "external": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["kind", "name", "owner"],
                        "additionalProperties": False,
                        "properties": {"kind": _TEXT, "name": _TEXT, "owner": _TEXT},
                    },
                },
            },
        },
    },
}

EXAMPLE = """\
chart: charts/my-chart
serviceTemplates:
  - {kind: ConfigMap, name: "*-templates", keys: ["*.yaml"]}
contract: schemas/contract.schema.json
argumentSets: ["schemas/argument-sets/*.yaml"]
scenarios: ["values/*.yaml"]
"""
