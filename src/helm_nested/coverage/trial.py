"""The inputs that a chart's coverage is measured with: combinations, inputs that must be refused, scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helm_nested.engine import Release
from helm_nested.findings.refusal import load_refusals
from helm_nested.matrix.combinations import Strength, combinations, described
from helm_nested.matrix.of_scenarios import configured_matrix
from helm_nested.scenario import load_scenarios
from helm_nested.values import Values

if TYPE_CHECKING:
    from helm_nested.configuration import Configuration
    from helm_nested.engine.in_process import InProcessEngine


@dataclass(frozen=True)
class Trial:
    """Values and a release to render, what they are called, and whether the chart must take them."""

    name: str
    values: Values
    release: Release
    is_fit: bool


def trials(configuration: Configuration, engine: InProcessEngine, strength: Strength) -> list[Trial]:
    """Every input, each once, those first that reach many branches with few renders.

    Of the inputs that must be refused only those that the chart refuses: what the schema refuses never gets to a
    template.

    Raises:
        ConfigurationError: a file is not understood.
        ValuesError: a scenario cannot be read.
    """
    matrix = configured_matrix(configuration)
    rows = dict.fromkeys(combinations(matrix, "2", configuration.cache))
    rows.update(dict.fromkeys(combinations(matrix, strength, configuration.cache)))
    refusals = load_refusals(configuration.refused) if configuration.refused else []
    # Most branches are reached by two choices at most, or by no fit input at all; the rest of the rows is for the few.
    release = configuration.release
    return [
        *(Trial(described(matrix, row), matrix.values(row), matrix.release(row, release), is_fit=True) for row in rows),
        *(
            Trial(f"the refused input {each.name!r}", each.values, release, is_fit=False)
            for each in refusals
            if each.by == "chart"
        ),
        *(
            Trial(f"the scenario {each.name!r}", engine.merged(each.layers), release, is_fit=True)
            for each in load_scenarios(configuration.scenarios)
        ),
    ]
