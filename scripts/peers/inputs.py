"""The values that every peer which takes values is given: the scenarios, and a pairwise sample of the matrix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from scripts.peers.planted import ROOT

from helm_nested.configuration import Configuration, load_configuration
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import combinations


@dataclass(frozen=True)
class Inputs:
    """Values files, and what the repository says of its chart."""

    configuration: Configuration
    scenarios: tuple[Path, ...]
    combinations: tuple[Path, ...]

    @property
    def all(self) -> tuple[Path, ...]:
        """Every values file."""
        return self.scenarios + self.combinations


def write_inputs(folder: Path) -> Inputs:
    """Write the combinations of strength 2, in which any two choices meet, as values files."""
    configuration = load_configuration(ROOT / "helm-nested.yaml")
    matrix = load_matrix(configuration.required_matrix())
    folder.mkdir(parents=True)
    files = []
    for number, row in enumerate(combinations(matrix, "2", configuration.cache)):
        file = folder / f"combination-{number:02}.yaml"
        file.write_text(json.dumps(matrix.values(row), ensure_ascii=False), encoding="utf-8")
        files.append(file)
    return Inputs(configuration, configuration.scenarios, tuple(files))
