"""A JSON Schema of draft-07: jsonschema-rs knows at once what keeps to it, jsonschema judges and explains the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs

if TYPE_CHECKING:
    import jsonschema


class Draft7:
    """One schema. While everything keeps to it, jsonschema is not imported, which takes 60 ms."""

    def __init__(self, schema: Any) -> None:  # noqa: ANN401 - any JSON
        self._schema = schema
        self._fast: jsonschema_rs.Draft7Validator | None
        try:
            # To jsonschema formats are only notes, and nothing is fetched.
            self._fast = jsonschema_rs.Draft7Validator(schema, validate_formats=False, retriever=_refuse)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            self._fast = None

    @property
    def is_understood(self) -> bool:
        """Whether jsonschema-rs takes the schema; if it does not, `fault` may be None all the same."""
        return self._fast is not None

    def fault(self) -> jsonschema.SchemaError | None:
        """What makes it no schema, according to jsonschema."""
        import jsonschema

        try:
            jsonschema.Draft7Validator.check_schema(self._schema)
        except jsonschema.SchemaError as error:
            return error
        return None

    def accepts(self, instance: object) -> bool:
        """Whether jsonschema-rs finds that the instance keeps to the schema; if it does not, `errors` may be empty."""
        try:
            return self._fast is not None and self._fast.is_valid(instance)
        except ValueError:  # it holds what no JSON can carry, like a date
            return False

    def errors(self, instance: object) -> list[jsonschema.ValidationError]:
        """What in the instance breaks the schema, empty when nothing does."""
        if self.accepts(instance):
            return []
        import jsonschema

        return list(jsonschema.Draft7Validator(self._schema).iter_errors(instance))


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"it refers to {uri}, and nothing is fetched")
