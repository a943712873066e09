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
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise ChartError(f"the chart's values.schema.json cannot be used: {error}. Correct the schema.") from error

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
        parts = [self._schema]
        for key in path:
            parts = [part["properties"][key] for part in self._said(parts) if key in part.get("properties", {})]
        return next((tuple(part["enum"]) for part in self._said(parts) if "enum" in part), ())

    def _said(self, parts: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Parts of the schema, and what they refer to."""
        for part in parts:
            if not isinstance(part, dict):
                continue
            yield part
            reference = part.get("$ref", "")
            if reference.startswith("#/"):
                referred: Any = self._schema
                for step in reference.removeprefix("#/").split("/"):
                    referred = referred.get(step, {})
                yield from self._said([referred])
            yield from self._said(part.get("allOf", []))

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
        part: Any = self._schema
        for step in schema_path[:-1]:
            part = part[step]
        return list(part.get("properties", {})) if isinstance(part, dict) else []


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"it refers to {uri}, and nothing is fetched: copy that schema into values.schema.json")
