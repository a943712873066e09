"""A matrix made of scenarios, for a chart that has no axes, or for one user's values."""

from __future__ import annotations

import json
from collections.abc import Sequence

from helm_nested.configuration import Configuration
from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import MOST_CHOICES, Axis, Choice, Matrix, load_matrix
from helm_nested.matrix.combinations import require_every_choice
from helm_nested.scenario import Scenario, load_scenarios
from helm_nested.values import Values, merge
from nested_templates.yaml_documents import parse_documents

_BLOCK = "scenarios"


def configured_matrix(configuration: Configuration) -> Matrix:
    """The matrix of the configuration; without one its scenarios are the choices.

    Raises:
        ConfigurationError, ValuesError: a file cannot be read, or says something that is not understood.
    """
    if configuration.matrix is not None:
        matrix = load_matrix(configuration.matrix)
        require_every_choice(matrix)
        return matrix
    return scenario_matrix(load_scenarios(configuration.scenarios))


def scenario_matrix(scenarios: Sequence[Scenario]) -> Matrix:
    """One axis, whose choices are the scenarios.

    Raises:
        ConfigurationError: there are more of them than an axis can have.
        ValuesError: one of them is not understood.
    """
    if len(scenarios) > MOST_CHOICES:
        raise ConfigurationError(
            f"{len(scenarios)} scenarios are more than the {MOST_CHOICES} that can be checked without a matrix. Write "
            "a matrix of what differs between them, or check them in parts, by several configurations."
        )
    choices = tuple(Choice(each.name, _values(each)) for each in scenarios)
    source = json.dumps([[choice.name, choice.values] for choice in choices]).encode()
    return Matrix((Axis("scenario", _BLOCK, choices),), {_BLOCK: "one values file each"}, (), source)


def _values(scenario: Scenario) -> Values:
    """The layers merged, each read as Helm reads it: of a key that stands twice the last."""
    merged: Values = {}
    for file, layer in zip(scenario.files, scenario.layers, strict=True):
        for document in parse_documents(layer, f"the values file {file}").documents:
            merged = merge(merged, document)
    return merged
