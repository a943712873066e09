"""What a JSON schema says against a file of the user's, with the nearest known name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nested_templates.document_path import step
from nested_templates.json_schema import DRAFT_7, Fault, JsonSchema
from nested_templates.suggestion import did_you_mean


def schema_problems(schema: dict[str, Any], document: object) -> list[str]:
    """One line for each thing that is wrong, sorted."""
    faults = JsonSchema(schema, default=DRAFT_7).faults(document)
    return sorted(line for fault in faults for line in _lines(fault))


def _lines(fault: Fault) -> Iterator[str]:
    part = fault.part or {}
    place = fault.path
    if fault.unexpected and "properties" in part:
        for name in fault.unexpected:
            yield f"{step(place, name)}: unknown key. {did_you_mean(str(name), fault.known)}"
    elif "title" in part:
        yield f"{place}: {fault.instance!r} is not {part['title']}"
    elif fault.keyword == "enum":
        yield f"{place}: {fault.message}. {did_you_mean(str(fault.instance), map(str, part.get('enum', ())))}"
    else:
        yield f"{place or 'the file'}: {fault.message}"
