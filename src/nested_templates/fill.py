"""Stage two: a service template filled with one argument set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from nested_templates.contract import ArgumentSet, Contract
from nested_templates.dialect import MissingArgumentError, Placeholder
from nested_templates.encoder import Encoder
from nested_templates.errors import FillError
from nested_templates.service_template import ServiceTemplate
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import Document, load_documents


@dataclass(frozen=True)
class FilledTemplate:
    """What one service template and one argument set lead to: the text, and its documents (none is possible)."""

    template: ServiceTemplate
    argument_set: ArgumentSet
    text: str
    documents: tuple[Document, ...]


def fill(template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract, encoder: Encoder) -> FilledTemplate:
    """The template filled as text, and parsed.

    Raises:
        FillError: a placeholder is not in the contract, the argument set has no argument for it, or the dialect cannot
            fill the template.
        DocumentError: the filled text is not YAML documents.
    """
    text = fill_text(template, argument_set, contract, encoder)
    return FilledTemplate(
        template,
        argument_set,
        text,
        tuple(load_documents(text, filled_name(template, argument_set), template.reader)),
    )


def filled_name(template: ServiceTemplate, argument_set: ArgumentSet) -> str:
    """What messages call the filled text."""
    return f"{template.where} filled with {argument_set.name!r}"


def fill_text(template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract, encoder: Encoder) -> str:
    """The template filled as text.

    Raises:
        FillError: see `fill`.
    """
    dialect = template.dialect
    asked = dialect.placeholders(template.text, template.where)
    for placeholder in asked or ():
        if placeholder.name not in contract.arguments:
            raise _nobody_fills(template, placeholder.name, placeholder.line, contract)
    arguments: Mapping[str, object]
    if dialect.native:
        arguments = deepcopy(dict(argument_set.arguments))
    else:
        arguments = _encoded(asked or (), argument_set, contract, encoder)
    try:
        return dialect.fill(template.text, template.where, arguments)
    except MissingArgumentError as error:
        if error.name not in contract.arguments:
            raise _nobody_fills(template, error.name, error.line, contract) from error
        raise FillError(
            f"{_place(template, error.line)}: the argument set {argument_set.name!r} has no {error.name}. "
            f"Add it, or list the key under 'skip' of that set if the template is not for it."
        ) from error


def _encoded(
    asked: Sequence[Placeholder], argument_set: ArgumentSet, contract: Contract, encoder: Encoder
) -> dict[str, str]:
    given = argument_set.arguments
    return {
        name: argument_set.text(contract.arguments[name], encoder)
        for name in dict.fromkeys(placeholder.name for placeholder in asked)
        if name in given
    }


def _nobody_fills(template: ServiceTemplate, name: str, line: int | None, contract: Contract) -> FillError:
    return FillError(
        f"{_place(template, line)}: nobody fills {template.dialect.written(name)}: it is not in the contract. "
        f"{did_you_mean(name, contract.arguments)} Correct the placeholder, or add it to the contract."
    )


def _place(template: ServiceTemplate, line: int | None) -> str:
    return template.where if line is None else f"{template.where}, line {line}"
