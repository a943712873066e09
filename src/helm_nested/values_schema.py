"""A chart's values.schema.json, checked fast, and what it refuses said in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import jsonschema_rs

from helm_nested.errors import ChartError, ValuesError
from helm_nested.suggestion import did_you_mean


class ValuesSchema:
    """One compiled values.schema.json."""

    def __init__(self, text: bytes) -> None:
        try:
            self._schema = json.loads(text)
            # A remote $ref would be fetched; nothing is fetched here, so it is refused instead.
            self._validator = jsonschema_rs.validator_for(self._schema, retriever=_refuse)
        except (
            ValueError,
            RecursionError,
            jsonschema_rs.ValidationError,
            jsonschema_rs.ReferencingError,
        ) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise ChartError(f"the chart's values.schema.json cannot be used: {reason}. Correct the schema.") from error

    def check(self, values: object) -> None:
        """Accept the merged values.

        Raises:
            ValuesError: naming every value that is refused, its place, and the nearest known key.
        """
        if self._validator.is_valid(values):
            return
        problems = sorted({line for error in self._validator.iter_errors(values) for line in self._lines(error)})
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

    def _lines(self, error: jsonschema_rs.ValidationError) -> Iterator[str]:
        place = ".".join(str(step) for step in error.instance_path) or "the values"
        kind = error.kind
        unexpected = getattr(kind, "unexpected", None)
        if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties) and unexpected is not None:
            known = self._known(list(error.schema_path))
            for name in unexpected:
                at = name if place == "the values" else f"{place}.{name}"
                yield f"{at}: there is no such value. {did_you_mean(name, known)}"
        else:
            yield f"{place}: {error.message}"

    def _known(self, schema_path: list[str | int]) -> list[str]:
        """The property names that stand beside the `additionalProperties` an error points at."""
        known = _below(self._schema, *schema_path[:-1], "properties")
        return list(known) if isinstance(known, dict) else []


def _below(part: Any, *steps: str | int) -> Any:  # noqa: ANN401 - any JSON
    """What is under those steps; None if there is nothing."""
    for step in steps:
        if isinstance(part, dict):
            part = part.get(str(step))
        elif isinstance(part, list) and str(step).isdecimal() and int(step) < len(part):
            part = part[int(step)]
        else:
            return None
    return part


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"it refers to {uri}, and nothing is fetched: copy that schema into values.schema.json")
