"""A chart's values.schema.json, checked fast, and what it refuses said in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from helm_nested.errors import ChartError, ValuesError
from nested_templates.document_path import step
from nested_templates.json_schema import Fault, JsonSchema
from nested_templates.suggestion import did_you_mean


class ValuesSchema:
    """One compiled values.schema.json."""

    def __init__(self, text: bytes) -> None:
        try:
            self._schema = json.loads(text)
            self._compiled = JsonSchema(self._schema)
        except (ValueError, RecursionError) as error:
            reason = str(error).rstrip(".")
            raise ChartError(
                f"the chart's values.schema.json cannot be used: {reason}. Correct the schema; copy into it what it "
                "refers to."
            ) from error

    def check(self, values: object) -> None:
        """Accept the merged values.

        Raises:
            ValuesError: naming every value that is refused, its place, and the nearest known key.
        """
        if self._compiled.accepts(values):
            return
        problems = sorted({line for fault in self._compiled.faults(values) for line in _lines(fault)})
        raise ValuesError(
            "the chart's values.schema.json refuses these values:\n"
            + "\n".join(f"  - {problem}" for problem in problems)
            + "\nCorrect them in the values file; every value is described in the chart's README.md."
        )

    def words(self, path: Sequence[str]) -> tuple[object, ...]:
        """The values that are allowed at that path, if the schema lists them; nothing otherwise."""
        parts = self._said([self._schema])
        for key in path:
            below = [_below(part, "properties", key) for part in parts]
            parts = self._said([part for part in below if part is not None])
        return next((tuple(part["enum"]) for part in parts if isinstance(part.get("enum"), list)), ())

    def _said(self, parts: Sequence[Any]) -> list[dict[str, Any]]:
        """Parts of the schema, and what they refer to, each once: references may go in a circle."""
        found: dict[int, dict[str, Any]] = {}
        waiting = list(reversed(parts))
        while waiting:
            part = waiting.pop()
            if not isinstance(part, dict) or id(part) in found:
                continue
            found[id(part)] = part
            alike = part.get("allOf")
            waiting += reversed(alike) if isinstance(alike, list) else []
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                steps = [step.replace("~1", "/").replace("~0", "~") for step in reference.split("/")[1:]]
                waiting.append(_below(self._schema, *steps))
        return list(found.values())


def _below(part: Any, *steps: str | int) -> Any:  # noqa: ANN401 - any JSON
    """What is under those steps; None if there is nothing."""
    for key in steps:
        if isinstance(part, dict):
            part = part.get(str(key))
        elif isinstance(part, list) and str(key).isdecimal() and int(key) < len(part):
            part = part[int(key)]
        else:
            return None
    return part


def _lines(fault: Fault) -> Iterator[str]:
    if fault.unexpected:
        for name in fault.unexpected:
            yield f"{step(fault.path, name)}: there is no such value. {did_you_mean(name, fault.known)}"
    else:
        yield f"{fault.path or 'the values'}: {fault.message}"
