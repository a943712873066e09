"""Stage two: a service template filled with one argument set."""

from __future__ import annotations

from dataclasses import dataclass

from helm_nested.contract import ArgumentSet, Contract
from helm_nested.dialect import Placeholder, parse
from helm_nested.encoder import Encoder
from helm_nested.errors import FillError
from helm_nested.service_template import ServiceTemplate
from helm_nested.suggestion import did_you_mean
from helm_nested.yaml_documents import Document, load_documents


@dataclass(frozen=True)
class FilledTemplate:
    """What one service template and one argument set lead to: the text, and its documents (none is possible)."""

    template: ServiceTemplate
    argument_set: ArgumentSet
    text: str
    documents: tuple[Document, ...]


def encode(
    template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract, encoder: Encoder
) -> dict[str, str]:
    """The text of every argument that this template asks for.

    Raises:
        FillError: a placeholder is not in the contract, or the argument set has no argument for it.
    """
    encoded: dict[str, str] = {}
    for segment in parse(template.text, template.where):
        if not isinstance(segment, Placeholder) or segment.name in encoded:
            continue
        argument = contract.arguments.get(segment.name)
        if argument is None:
            raise FillError(
                f"{template.where}, line {segment.line}: nobody fills ${{{segment.name}}}: it is not in the contract. "
                f"{did_you_mean(segment.name, contract.arguments)} Correct the placeholder, or add it to the contract."
            )
        if segment.name not in argument_set.arguments:
            raise FillError(
                f"{template.where}, line {segment.line}: the argument set {argument_set.name!r} has no {segment.name}. "
                f"Add it, or list the key under 'skip' of that set if the template is not for it."
            )
        encoded[segment.name] = encoder(argument, argument_set.arguments[segment.name])
    return encoded


def fill(template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract, encoder: Encoder) -> FilledTemplate:
    """The template filled as text, and parsed.

    Raises:
        FillError: see `encode`.
        DocumentError: the filled text is not YAML documents.
    """
    encoded = encode(template, argument_set, contract, encoder)
    text = "".join(
        encoded[segment.name] if isinstance(segment, Placeholder) else segment
        for segment in parse(template.text, template.where)
    )
    where = f"{template.where} filled with {argument_set.name!r}"
    return FilledTemplate(template, argument_set, text, tuple(load_documents(text, where)))
