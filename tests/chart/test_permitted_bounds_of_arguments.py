"""Every bound of the contract is right: an argument at it fills templates that work, one beyond it is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helm_nested.errors import ContractError
from helm_nested.kubernetes import validation
from nested_templates.contract import ArgumentSet
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill

from .bundle import ROOT, argument_sets, configuration, contract, merged, render
from .judged import BASE
from .schema_bounds import Bound, as_long, bounds

SCHEMA: dict[str, Any] = json.loads(configuration().contract.read_text(encoding="utf-8"))
ALL = list(bounds(SCHEMA))
PROGRAM = validation.find_program(ROOT)
# Templates that take every argument there is for them.
VALUES = merged(
    BASE,
    {
        "temporal": {"connection": {"addressFrom": "argument", "namespaceFrom": "argument"}},
        "config": {"values": {"infra": {"cloud": "aws"}}},
        "serviceTemplate": {"mountInfraConfig": True},
    },
)
SETS = ("gpu-h100", "converted-artifact")


def with_argument(base: str, name: str, value: Any) -> ArgumentSet:
    """An argument set with another argument, and with those that may not be less, or more, than it."""
    arguments = {**argument_sets()[base].arguments, name: value}
    for less, argument in contract().arguments.items():
        if argument.at_most and name in (less, argument.at_most) and arguments[less] > arguments[argument.at_most]:
            arguments[less] = arguments[argument.at_most] = value
    return ArgumentSet(base, "", argument_sets()[base].skip, arguments)


def is_accepted(name: str, value: Any) -> bool:
    """Whether the contract takes the argument."""
    try:
        contract().check(with_argument(SETS[0], name, value))
    except ContractError:
        return False
    return True


def pair(bound: Bound) -> tuple[Any, Any]:
    """An argument at the bound that the contract takes, and one that goes beyond it."""
    (name,) = map(str, bound.steps)
    further = 1 if bound.keyword.startswith("max") else -1
    if bound.keyword.endswith("imum"):
        return bound.limit, bound.limit + further
    for text in SCHEMA["properties"][name]["examples"]:
        for place in range(len(text)):
            longer = as_long(text, place, bound.limit)
            if is_accepted(name, longer):
                return longer, as_long(text, place, bound.limit + further)
    # What is this short is an example of its own.
    return next(text for text in ("a", "/", "AA==") if is_accepted(name, text)), ""


def test_the_contract_has_bounds() -> None:
    """They are found, those of numbers and those of texts."""
    assert {bound.keyword for bound in ALL} >= {"minimum", "maximum", "minLength", "maxLength"}
    assert all(len(bound.steps) == 1 for bound in ALL)


@pytest.mark.parametrize("bound", ALL, ids=lambda bound: bound.name)
def test_what_is_at_the_bound_fills_and_one_beyond_is_refused(bound: Bound) -> None:
    """At the bound both encoders fill every template as Kubernetes' own code takes it; beyond it the name is told."""
    (name,) = map(str, bound.steps)
    at, beyond = pair(bound)
    templates = render(VALUES).templates
    asked = 0
    for base in SETS:
        argument_set = with_argument(base, name, at)
        contract().check(argument_set)
        for key, template in templates.items():
            if not argument_set.suits(key):
                continue
            asked += any(each.name == name for each in template.dialect.placeholders(template.text, key) or ())
            for encoder in ENCODERS.values():
                for document in fill(template, argument_set, contract(), encoder).documents:
                    for definition in configuration().claims.definitions_for(document) or (None,):
                        if PROGRAM:
                            assert not validation.judged(PROGRAM, document, definition).faults
    assert bool(asked) == (contract().arguments[name].unused is None)
    with pytest.raises(ContractError, match=rf"\n  - {name}: "):
        contract().check(with_argument(SETS[0], name, beyond))
