"""Entries under `checks` that nothing needs: most often a kind, a name or a path in them is misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from helm_nested.checking.model import Claims, External
from helm_nested.findings.finding import Finding
from helm_nested.kubernetes.bundle_reference import bundle_references
from nested_templates.document_path import places
from nested_templates.yaml_documents import Document

JUDGES_NOTHING = "judges-nothing"
EXCEPTS_NOTHING = "excepts-nothing"
_JUDGES = (
    "Every entry under 'customSchemas' judges something that some combination leads to; otherwise what it is for was "
    "not checked."
)
_EXCEPTS = (
    "Every entry under 'withoutSchema' and 'external' stands for something that some combination leads to; otherwise "
    "it would hide a mistake that is made later."
)


def needed_entries(claims: Claims, document: Document, known: Collection[str]) -> Iterator[str]:
    """Where those entries stand that the document needs, apart from those known to be needed."""
    for number, schema in enumerate(claims.custom_schemas):
        is_open = _schema(number) not in known and schema.suits(document)
        if is_open and any(True for _ in places(document, schema.at, schema.where)):
            yield _schema(number)
    kind = str(document.get("kind"))
    if kind in claims.without_schema and _exception(kind) not in known and claims.lack_schema(document):
        yield _exception(kind)
    wanted = {number: each for number, each in enumerate(claims.external) if _external(number) not in known}
    if wanted:
        yield from map(_external, _referred_to(wanted, document))


def unneeded_entries(claims: Claims, needed: Collection[str], *, has_own_checks: bool) -> Iterator[Finding]:
    """A finding for each that no document needs; what is external may be needed by a check of the user's own."""
    for number, schema in enumerate(claims.custom_schemas):
        there = f" with something at {schema.at!r}" if schema.at else ""
        that = "".join(f" where {key} is {value!r}" for key, value in schema.where.items())
        if _schema(number) not in needed:
            message = f"no document is a {schema.kind} of {schema.api_version}{there}{that}"
            yield _finding(JUDGES_NOTHING, _JUDGES, _schema(number), message)
    for kind in claims.without_schema:
        if _exception(kind) not in needed:
            message = f"no document is a {kind} for which there is no schema"
            yield _finding(EXCEPTS_NOTHING, _EXCEPTS, _exception(kind), message)
    for number, external in enumerate(claims.external):
        if _external(number) not in needed and not has_own_checks:
            message = f"no document refers to a {external.kind} named {external.name}"
            yield _finding(EXCEPTS_NOTHING, _EXCEPTS, _external(number), message)


def _finding(name: str, rule: str, path: str, message: str) -> Finding:
    return Finding.of_values(name, rule, path, f"{message}: correct the entry, or remove it.", {})


def _referred_to(entries: Mapping[int, External], document: Document) -> set[int]:
    """The numbers of those that stand for something that the document refers to; selected pods have no name."""
    references = (each for each in bundle_references([document], None) if not each.is_always_there)
    names = {("Pod", "*"), *((each.reference.kind, each.reference.name) for each in references)}
    return {number for number, entry in entries.items() if any(entry.covers(*name) for name in names)}


def _schema(number: int) -> str:
    return f"checks.customSchemas[{number}]"


def _exception(kind: str) -> str:
    return f"checks.withoutSchema.{kind}"


def _external(number: int) -> str:
    return f"checks.external[{number}]"
