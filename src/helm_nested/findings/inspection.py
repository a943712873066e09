"""Every check over the corpus: templates, documents of both stages, bundles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from helm_nested.checking.model import Check, Claims, Level, Problem
from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.findings.bundling import Bundler
from helm_nested.findings.claimed_level import claimed_level
from helm_nested.findings.failure import REFUSALS, Failure, Place
from helm_nested.findings.filling import Filled, Filler, ViewKey, Work
from helm_nested.findings.parts import in_parts
from helm_nested.findings.pipeline_failure import NO_DOCUMENT, NOT_RENDERED, pipeline_problems
from helm_nested.findings.tried import Tried
from helm_nested.matrix.axes import Matrix
from nested_templates.contract import ArgumentSet, Contract, primary_sets
from nested_templates.encoder import ENCODERS
from nested_templates.yaml_documents import Document, Parsed

_EMPTY = "If the key is to be empty, say so under 'accepted' in the configuration; else correct the template."


@dataclass
class Counts:
    """How much was looked at."""

    documents: int = 0
    bundles: int = 0
    # The keys whose templates yield documents.
    keys: set[str] = field(default_factory=set)
    # Where those entries under `checks` stand that a document needs.
    entries: set[str] = field(default_factory=set)


class Inspector:
    """The checks and what they need; one inspector inspects one corpus."""

    def __init__(
        self,
        checks: Sequence[Check],
        claims: Claims,
        contract: Contract,
        argument_sets: Sequence[ArgumentSet],
        configuration: Configuration,
        matrix: Matrix,
        *,
        processes: bool = True,
    ) -> None:
        self._bundler = Bundler(checks, claims, lambda row: matrix.release(row, configuration.release).namespace)
        self._filler = Filler(checks, claims, contract, ENCODERS[configuration.encoder], self._bundler.views)
        self._argument_sets = argument_sets
        self._annotation = configuration.pod_security_annotation
        self._processes = processes
        self.counts = Counts()

    def inspect(
        self,
        corpus: Corpus,
        sample: Sequence[int],
        only: str | None = None,
        *,
        is_complete: bool = False,
        is_whole: bool = False,
    ) -> Iterator[Failure]:
        """What every check says of every distinct template, document and bundle.

        Every template meets the primary argument sets that suit it, or the one named `only`; those of the combinations
        in `sample` meet all, and with `is_complete` every template does. Bundles meet all sets in the sample. Of a
        corpus that `is_whole`, a key that never yields a document is a failure.

        Raises:
            CannotCheckError: a check itself failed; the text names it and the place.
        """
        primary = [each for each in self._argument_sets if each.name == only]
        primary = primary or primary_sets(list(corpus.templates), self._argument_sets)
        for number, text in enumerate(corpus.refusals.texts, start=1):
            for problem in pipeline_problems(text):
                yield Failure(NOT_RENDERED, problem, Place(REFUSALS, number))
        views: dict[Place, tuple[ViewKey, ...]] = {}
        parts: dict[ViewKey, list[Document]] = {}
        for filled in self._filled(corpus, primary, sample, is_complete=is_complete):
            self.counts.documents += filled.documents
            self.counts.keys |= filled.keys
            self.counts.entries |= filled.entries
            views.update(filled.views)
            parts.update(filled.parts)
            yield from filled.failures
        in_sample = frozenset(sample)
        yield from self._bundler.failures(
            corpus, lambda number: self._argument_sets if number in in_sample else primary, views, parts
        )
        self.counts.bundles = self._bundler.bundles
        if is_whole:
            yield from _without_documents(corpus, self.counts.keys)

    def inspect_file(self, name: str, parsed: Parsed) -> list[Failure]:
        """What the checks of documents say of a file that is installed as it is, whatever the values."""
        filled = self._filler.installed(Place(name, 1), parsed.documents, parsed.duplicate_keys)
        self.counts.documents += filled.documents
        self.counts.entries |= filled.entries
        return filled.failures

    def tried(self, corpus: Corpus, sample: Sequence[int], *, is_complete: bool) -> Tried:
        """What `inspect` looks at with these arguments."""
        primary = primary_sets(list(corpus.templates), self._argument_sets)
        return Tried(corpus, {None, *(each.name for each in primary)}, sample, is_complete=is_complete)

    def _filled(
        self, corpus: Corpus, primary: Sequence[ArgumentSet], sample: Sequence[int], *, is_complete: bool
    ) -> Iterator[Filled]:
        for (name, identity), documents in corpus.objects.items():
            duplicates = corpus.duplicate_keys.get((name, identity))
            yield self._filler.installed(Place(name, identity), documents, duplicates)
        works = list(self._works(corpus, primary, sample, is_complete=is_complete))
        yield from in_parts(self._filler.fill, works, processes=self._processes)

    def _works(
        self, corpus: Corpus, primary: Sequence[ArgumentSet], sample: Sequence[int], *, is_complete: bool
    ) -> Iterator[Work]:
        levels = self._levels(corpus)
        for key, slot in corpus.templates.items():
            suiting = [each for each in self._argument_sets if each.suits(key)]
            first = [each for each in primary if each.suits(key)]
            # The primary ones first: with these a check of the text fills it.
            everything = [*first, *(each for each in suiting if each not in first)]
            names, first_names = ({each.name for each in sets} for sets in (everything, first))
            everywhere = {slot.ids[number] for number in sample}
            for identity in range(1, len(slot.texts) + 1):
                is_sample = identity in everywhere
                yield Work(
                    corpus.service_templates[(key, identity)],
                    identity,
                    everything if is_sample or is_complete else first,
                    names if is_sample else first_names,
                    levels.get((key, identity)),
                )

    def _levels(self, corpus: Corpus) -> Mapping[tuple[str, int], Level]:
        """The lowest Pod Security level that is claimed wherever a template stands."""
        order: tuple[Level, ...] = ("privileged", "baseline", "restricted")
        claimed: dict[tuple[str, int], Level] = {}
        for manifest in corpus.manifests.values():
            known = {
                identity: claimed_level(corpus.objects[(manifest.name, identity)], self._annotation)
                for identity in range(1, len(manifest.texts) + 1)
            }
            if not any(known.values()):
                continue
            for key, slot in corpus.templates.items():
                for own, text in zip(manifest.ids, slot.ids, strict=True):
                    level = known.get(own)
                    if level is not None and text != ABSENT:
                        before = claimed.get((key, text))
                        # A template that two levels lead to must satisfy the stricter claim.
                        if before is None or order.index(level) > order.index(before):
                            claimed[(key, text)] = level
        return claimed


def _without_documents(corpus: Corpus, keys: set[str]) -> Iterator[Failure]:
    """Keys of which nothing ever came: nothing about them was checked."""
    for key, slot in corpus.templates.items():
        if key not in keys:
            problem = Problem("", "it yields no document, with any argument set that was tried.", advice=_EMPTY)
            yield from (Failure(NO_DOCUMENT, problem, Place(key, number + 1)) for number in range(len(slot.texts)))
