"""The schema in a CustomResourceDefinition, as a strict JSON Schema."""

from __future__ import annotations

from typing import Any

_COPIED = frozenset(
    {
        "default",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "required",
        "type",
        "uniqueItems",
    }
)


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as draft-07 that refuses the fields that an API server would prune; CEL rules have no place in it."""
    result: dict[str, Any] = {key: value for key, value in schema.items() if key in _COPIED}
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    else:
        # Inside these a structural schema has no fields of its own.
        result |= {key: schema[key] for key in ("anyOf", "allOf", "oneOf", "not") if key in schema}
    for bound in ("Minimum", "Maximum"):
        # In OpenAPI 3.0 this is a flag beside the bound.
        if result.get(f"exclusive{bound}") is True:
            result[f"exclusive{bound}"] = result.pop(bound.lower())
        elif f"exclusive{bound}" in result:
            del result[f"exclusive{bound}"]
    if schema.get("format") in {"int32", "int64"}:
        # Validators ignore these two formats, an API server does not.
        bits = int(result.pop("format").removeprefix("int"))
        result.setdefault("minimum", -(2 ** (bits - 1)))
        result.setdefault("maximum", 2 ** (bits - 1) - 1)
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    if isinstance(schema.get("items"), dict):
        result["items"] = strict(schema["items"])
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {name: strict(part) for name, part in schema["properties"].items()}
        if "required" in result:
            # An API server fills defaults in before it asks what is missing.
            given = [name for name in result["required"] if "default" not in schema["properties"].get(name, {})]
            result["required"] = given
        if schema.get("x-kubernetes-embedded-resource"):
            result["properties"] |= {key: {} for key in ("apiVersion", "kind", "metadata")}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = strict(schema["additionalProperties"])
    return result
