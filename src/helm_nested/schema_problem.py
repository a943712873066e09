"""What a JSON schema says against a file of the user's, with the nearest known name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from helm_nested.draft7 import Draft7
from helm_nested.suggestion import did_you_mean

if TYPE_CHECKING:
    import jsonschema


def schema_problems(schema: dict[str, Any], document: object, at: str = "") -> list[str]:
    """One line for each thing that is wrong, sorted; `at` is the document's own place in its file."""
    return sorted(line for error in Draft7(schema).errors(document) for line in _lines(error, at))


def _lines(error: jsonschema.ValidationError, at: str) -> Iterator[str]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    place = (at + error.json_path.removeprefix("$")).removeprefix(".")
    if error.validator == "additionalProperties" and isinstance(error.instance, dict) and "properties" in schema:
        known = schema["properties"]
        for name in error.instance:
            if name not in known:
                yield f"{place + '.' if place else ''}{name}: unknown key. {did_you_mean(str(name), known)}"
    elif "title" in schema:
        yield f"{place}: {error.instance!r} is not {schema['title']}"
    elif error.validator == "enum":
        yield f"{place}: {error.message}. {did_you_mean(str(error.instance), map(str, schema['enum']))}"
    else:
        yield f"{place or 'the file'}: {error.message}"
