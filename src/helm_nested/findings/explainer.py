"""Failures told as findings: each mistake once, with the choices and argument sets that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.findings.failure import BUNDLE, REFUSALS, Failure, FailureGroup, leading_bits
from helm_nested.findings.finding import Finding, explained
from helm_nested.findings.grouping import Failing, group, merge_alike
from helm_nested.findings.inspectors import Inspectors
from helm_nested.findings.reduction import Rows
from helm_nested.findings.tried import Tried
from helm_nested.matrix.axes import Combination, Matrix

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine


@dataclass(frozen=True)
class Explainer:
    """Explains the failures of one corpus, and renders more where it is a sample.

    Attributes:
        rules: what must hold, by the check's name.
        is_sample: whether the corpus lacks combinations of the matrix.
    """

    configuration: Configuration
    engine: InProcessEngine
    matrix: Matrix
    inspectors: Inspectors
    rules: Mapping[str, str]
    corpus: Corpus
    is_sample: bool

    def findings(self, failures: Iterable[Failure], tried: Tried) -> Iterator[Finding]:
        """A finding for each mistake."""
        corpus, rows = self.corpus, self.corpus.combinations
        looked_at = Rows(self.matrix, rows, leading_bits(corpus.refusals, len(rows)))
        told_of_refusals = Rows(self.matrix, rows)
        for alike in merge_alike(group(list(failures), corpus), corpus, tried):
            for part, bits, and_with in self._by_argument_set(alike):
                fails = _ExtraRenders(self, part).fails
                seen = told_of_refusals if REFUSALS in part.slots else looked_at
                explanation = None if self.is_sample or alike.untried else seen.explain(bits)
                if explanation is None or explanation.unexplained:
                    # Not all of them were looked at, or it takes more choices at once than are looked for among all.
                    explanation = seen.explain_sample(bits, fails, alike.untried)
                yield explained(part, bits, corpus, self.matrix, explanation, self.rules, fails, and_with)

    def _by_argument_set(self, alike: Failing) -> Iterator[tuple[FailureGroup, int, str]]:
        """The group in parts, each with its combinations and the argument sets it takes, if others do not show it."""
        failing_group = alike.group
        by_set = failing_group.failing_with(self.corpus)
        # Of a sample not every template met every set, and what no set filled or only a bundle shows has none to tell.
        if self.is_sample or None in by_set or BUNDLE in failing_group.slots:
            yield failing_group, alike.failing, ""
            return
        parts: dict[int, list[str]] = {}
        for name, bits in by_set.items():
            parts.setdefault(bits, []).append(str(name))
        tried = {name for slot in failing_group.slots for name in self.inspectors.sets_for(slot)}
        for bits, names in parts.items():
            places = [place for place in failing_group.places if place.argument_set in names]
            and_with = "" if tried <= set(names) else f" and argument set={'|'.join(sorted(names))}"
            yield replace(failing_group, places=places), bits, and_with


@dataclass(frozen=True)
class _ExtraRenders:
    """More combinations rendered, to see whether a group of failures shows itself in them."""

    explainer: Explainer
    group: FailureGroup

    def fails(self, rows: Sequence[Combination]) -> list[bool | None]:
        """For each row, whether the same problem is found in it; None if the row is refused altogether."""
        return [self._fails(row) for row in rows]

    def _fails(self, row: Combination) -> bool | None:
        configuration = self.explainer.configuration
        corpus: Corpus = build_corpus(
            self.explainer.engine,
            self.explainer.matrix,
            [row],
            configuration.release,
            configuration.selectors,
            takes_duplicate_keys=True,
            keep_refused=True,
        )
        if REFUSALS not in self.group.slots and corpus.refusals.texts:
            return None  # it leads to no text in which the problem could be
        if BUNDLE not in self.group.slots:
            # What it was never seen in need not be filled.
            templates = {key: slot for key, slot in corpus.templates.items() if key in self.group.slots}
            corpus = replace(corpus, templates=templates)
        inspector = self.explainer.inspectors.new(self.group.checks[:1])
        failures = inspector.inspect(corpus, [], self.group.places[0].argument_set)
        return any(map(self.group.is_of, failures))
