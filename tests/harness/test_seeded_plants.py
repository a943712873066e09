"""Defects drawn at random are told exactly: one finding, with the choices under which the defect shows itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from helm_nested.chart import load_chart
from helm_nested.check_run import run
from helm_nested.configuration import load_configuration
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import Strength, combinations

from .plants import AXES, Plant, planted, write_chart

SEEDS = 200
# So many in one test, so that processes can share the work.
_AT_ONCE = 20

Choices = tuple[tuple[str, int], ...]


@pytest.mark.parametrize("first", range(0, SEEDS, _AT_ONCE))
@pytest.mark.parametrize("strength", ["2", "3", "all"])
def test_a_defect_is_told_exactly(strength: Strength, first: int, tmp_path: Path) -> None:
    """Any seed's defect that a combination of that strength meets is one finding, with its choices and no others."""
    wrong = {}
    for seed in range(first, first + _AT_ONCE):
        plant = planted(seed)
        told = list(_told(plant, strength, tmp_path / str(seed), tmp_path / "cache"))
        if told and told != ["exactly"]:
            wrong[seed] = plant, told
    assert wrong == {}


def test_seeds_bring_every_defect() -> None:
    """Every spot of both stages is among the seeds, with one, two and three choices."""
    plants = [planted(seed) for seed in range(SEEDS)]
    assert len({(plant.stage, plant.spot, len(plant.choices)) for plant in plants}) == 2 * 6 * 3


def _told(plant: Plant, strength: Strength, folder: Path, cache: Path) -> Iterator[str]:
    """What is said of the plant: 'exactly', or each finding's own words; nothing if no combination meets it."""
    configuration = replace(load_configuration(write_chart(folder, plant)), cache=cache)
    matrix = load_matrix(configuration.required_matrix())
    wanted = _combinations(plant.choices)
    if wanted.isdisjoint(map(tuple, combinations(matrix, strength, cache))):
        assert strength == "2", "any three choices meet"
        return
    outcome = run(configuration, load_chart(configuration.chart), strength)
    findings = [
        finding for finding in outcome.findings if not finding.checks[0].startswith(("unvaried", "value-without"))
    ]
    if len(findings) == 1 and len(findings[0].when) == 1:
        choices = _choices(findings[0].when[0])
        if _combinations(choices) == wanted and len(choices) <= len(plant.choices):
            yield "exactly"
            return
    yield from (f"{finding.path}: {finding.message}: {finding.when}" for finding in findings or ())
    if not findings:
        yield "nothing"


def _choices(when: str) -> Choices:
    named = [] if when == "always" else [choice.split("=") for choice in when.split(" and ")]
    return tuple((axis, int(choice.removeprefix(axis))) for axis, choice in named)


def _combinations(choices: Choices) -> set[tuple[int, ...]]:
    """Every combination of the matrix that has these choices."""
    axes = list(AXES)
    every = product(*(range(count) for count in AXES.values()))
    return {
        row for row in every if row[:2] != (2, 1) and all(row[axes.index(axis)] == choice for axis, choice in choices)
    }
