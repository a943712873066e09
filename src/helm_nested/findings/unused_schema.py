"""Custom schemas that judge nothing: most often their kind, or the path that they are for, is misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from helm_nested.checking.model import CustomSchema
from helm_nested.findings.finding import Finding
from nested_templates.document_path import places
from nested_templates.yaml_documents import Document

JUDGES_NOTHING = "judges-nothing"
_RULE = (
    "Every entry under 'customSchemas' judges something that some combination leads to; otherwise what it is for was "
    "not checked."
)


def judging(schemas: Sequence[CustomSchema], document: Document) -> Iterator[int]:
    """The numbers of those that have something in the document to judge."""
    for number, schema in enumerate(schemas):
        if schema.suits(document) and any(True for _ in places(document, schema.at, schema.where)):
            yield number


def unused_schemas(schemas: Sequence[CustomSchema], used: Collection[int]) -> Iterator[Finding]:
    """A finding for each that had nothing to judge."""
    for number, schema in enumerate(schemas):
        if number not in used:
            there = f" with something at {schema.at!r}" if schema.at else ""
            what = f"{schema.kind} of {schema.api_version}{there}"
            that = "".join(f" where {key} is {value!r}" for key, value in schema.where.items())
            yield Finding.of_values(
                JUDGES_NOTHING,
                _RULE,
                schema_path(number),
                f"no document is a {what}{that}: correct the entry, or remove it.",
                {},
            )


def schema_path(number: int) -> str:
    """Where the entry stands in the configuration."""
    return f"checks.customSchemas[{number}]"
