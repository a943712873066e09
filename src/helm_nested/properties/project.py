"""Everything that the properties of one configured chart need."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.chart import Chart, load_chart
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.corpus.store import load_or_build, lock
from helm_nested.engine import open_in_process
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, combinations, meeting
from helm_nested.properties.documents import CorpusDocuments
from nested_templates.contract import ArgumentSet, Contract, load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# Names another chart than the configuration does: a changed copy of it, for the same properties.
CHART_VARIABLE = "HELM_NESTED_CHART"
_SAMPLE: Strength = "2"


@dataclass(frozen=True)
class Project:
    """A configured chart, its corpus, and what its service templates are filled with.

    `explains` is whether a property that fails is run to the end and explained by the choices that make it fail.
    """

    configuration: Configuration
    chart: Chart
    strength: Strength
    matrix: Matrix
    corpus: Corpus
    contract: Contract
    argument_sets: Sequence[ArgumentSet]
    explains: bool = True

    @cached_property
    def documents(self) -> CorpusDocuments:
        """All its documents; with some combinations, in which any two choices meet, filled with every argument set."""
        rows = self.corpus.combinations
        if self.strength == _SAMPLE:
            return self._documents(self.corpus, range(len(rows)))
        with lock(self.configuration.cache):
            pairwise = combinations(self.matrix, _SAMPLE, self.configuration.cache)
        return self._documents(self.corpus, meeting(rows, pairwise))

    def again(self, row: Combination) -> CorpusDocuments:
        """The documents of one combination, rendered now."""
        configuration = self.configuration
        corpus = build_corpus(self._engine, self.matrix, [row], configuration.release, configuration.selectors)
        return self._documents(corpus, [0])

    @cached_property
    def _engine(self) -> InProcessEngine:
        return open_in_process(self.chart)

    def _documents(self, corpus: Corpus, sample: Sequence[int]) -> CorpusDocuments:
        encoder = ENCODERS[self.configuration.encoder]
        return CorpusDocuments(
            self.matrix,
            corpus,
            self.contract,
            self.argument_sets,
            encoder,
            sample,
            lambda values: self._engine.effective(values),
            self.configuration.release,
        )


def load_project(file: Path, strength: Strength) -> Project:
    """The project that this configuration file describes, its corpus read or built.

    Raises:
        HelmNestedError: something is missing, or could not be rendered or read; the text says what.
    """
    configuration = load_configuration(file)
    chart = load_chart(Path(os.environ.get(CHART_VARIABLE) or configuration.chart))
    contract = load_contract(configuration.contract)
    argument_sets = load_argument_sets(configuration.argument_sets, contract)
    matrix, corpus = load_or_build(configuration, chart, strength)
    return Project(configuration, chart, strength, matrix, corpus, contract, argument_sets)
