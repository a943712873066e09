"""Building the corpus: every combination's texts, each distinct one kept once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from helm_nested.corpus.condition_search import ConditionSearch
from helm_nested.corpus.corpus import ABSENT, Corpus, Slot
from helm_nested.corpus.dependencies import (
    Change,
    Dependencies,
    doubt,
    drawn_seed,
    every_change,
    extremes,
    flips,
    sample,
)
from helm_nested.corpus.kept import proved_again
from helm_nested.corpus.outcome import Digest, ManifestText, Outcome, Place, TemplateText, Texts
from helm_nested.corpus.renders import Renders
from helm_nested.corpus.row_renderer import RowRenderer
from helm_nested.engine import Release
from helm_nested.matrix.axes import Combination, Matrix
from nested_templates.service_template import Selector, ServiceTemplate
from nested_templates.yaml_documents import Document, KeyPath

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# What is observed costs a render for each axis of each pairwise combination; where that is most of the work, it is all.
_WORTH = 3


class _Build:
    """The corpus while it grows."""

    def __init__(self, selectors: Sequence[Selector], texts: Texts) -> None:
        self._selectors = selectors
        self._texts = texts
        self.manifests: dict[str, Slot] = {}
        self.templates: dict[str, Slot] = {}
        self.objects: dict[tuple[str, int], tuple[Document, ...]] = {}
        self.marked: set[tuple[str, int]] = set()
        self.service_templates: dict[tuple[str, int], ServiceTemplate] = {}
        self.duplicate_keys: dict[tuple[str, int], tuple[tuple[KeyPath, ...], ...]] = {}
        self.refusals = Slot("refusals")
        # By a place and a digest: the id of its text there.
        self._ids: dict[tuple[Place, Digest], int] = {}
        self._done = 0

    def add(self, outcome: Outcome) -> None:
        """One more combination."""
        refusal = outcome.refusal
        self.refusals.ids.append(ABSENT if refusal is None else self.refusals.keep(refusal))
        for place, digest in outcome.texts.items():
            slot = self._slot(place)
            slot.ids.append(self._ids.get((place, digest)) or self._keep(slot, place, digest))
        self._done += 1
        for slots in (self.manifests, self.templates):
            for slot in slots.values():
                if len(slot.ids) < self._done:
                    slot.ids.append(ABSENT)

    def _slot(self, place: Place) -> Slot:
        slots = self.templates if place.is_template else self.manifests
        slot = slots.get(place.name)
        if slot is None:
            slot = slots[place.name] = Slot(place.name)
            slot.ids.extend([ABSENT] * self._done)
        return slot

    def _keep(self, slot: Slot, place: Place, digest: Digest) -> int:
        text = self._texts[place, digest]
        slot.texts.append(text.text)
        identity = self._ids[place, digest] = len(slot.texts)
        key = (place.name, identity)
        if isinstance(text, TemplateText):
            selector = self._selectors[text.selector]
            self.service_templates[key] = ServiceTemplate(
                text.owner, place.name, text.text, selector.dialect, selector.reader
            )
        else:
            self._keep_objects(key, text)
        return identity

    def _keep_objects(self, key: tuple[str, int], text: ManifestText) -> None:
        self.objects[key] = text.objects
        if text.is_marked:
            self.marked.add(key)
        if any(text.duplicate_keys):
            self.duplicate_keys[key] = text.duplicate_keys


def build_corpus(
    engine: InProcessEngine,
    matrix: Matrix,
    combinations: Sequence[Combination],
    release: Release,
    selectors: Sequence[Selector],
    progress: Callable[[int], None] = lambda _: None,
    *,
    takes_duplicate_keys: bool = False,
    keep_refused: bool = False,
    pairwise: Sequence[Combination] = (),
    seed: int | None = None,
    kept: Corpus | None = None,
) -> Corpus:
    """Keep what is distinct in all combinations; `progress` is told how many are done.

    Where a combination's choices say nothing of the release, it is as in `release`.
    A manifest in which a key stands twice cannot be read, unless the caller takes duplicate keys and reports them.
    With `keep_refused` a combination that the chart or its schema refuses, or whose objects are no YAML, is one of the
    corpus's refusals. With `pairwise` combinations, in which any two choices meet, it is observed around these which
    axes each text depends on, and what follows from that is not rendered, but for a sample drawn by `seed`. Of what was
    `kept` by an earlier run such a sample is all that is rendered, if it leads to the same.

    Raises:
        CannotCheckError: a combination could not be rendered or read; the text names its choices.
    """
    started = time.perf_counter()
    # A renderer gives each distinct text once.
    renderer = partial(RowRenderer, engine, matrix, release, selectors, takes_duplicate_keys, keep_refused)
    if kept is not None:
        proved = proved_again(kept, combinations, renderer(), seed, progress)
        if proved is not None:
            progress(len(combinations))
            return proved
    renders = Renders(renderer())
    build = _Build(selectors, renders.texts)
    proof = ""
    around = [*pairwise, *extremes(matrix, pairwise[0])] if pairwise else []
    changes = flips(matrix, around)
    if changes and len(combinations) > _WORTH * (len(changes) + len(around)):
        seed = drawn_seed() if seed is None else seed
        search = ConditionSearch(engine, matrix, release)
        observed = _Observed(renders, matrix, progress)
        observed.render_changes(changes, search, around)
        outcomes, proof = _followed(observed, combinations, seed, search.unmet)
    else:
        outcomes = (outcome for _, outcome in renders.outcomes(combinations))
    for number, outcome in enumerate(outcomes, start=1):
        build.add(outcome)
        if not proof:
            progress(number)
    progress(len(combinations))
    return Corpus(
        combinations,
        build.manifests,
        build.templates,
        build.objects,
        build.service_templates,
        build.duplicate_keys,
        time.perf_counter() - started,
        renders.at_once,
        engine.description,
        build.refusals,
        build.marked,
        renders.rendered,
        proof,
    )


class _Observed:
    """What was rendered, and the changes of one axis among it."""

    def __init__(self, renders: Renders, matrix: Matrix, progress: Callable[[int], None]) -> None:
        self.renders = renders
        self.known: dict[Combination, Outcome] = {}
        self.changes: list[Change] = []
        self._matrix = matrix
        self._progress = progress

    def render(self, wanted: Sequence[Combination]) -> Iterator[tuple[Combination, Outcome]]:
        """Each of them with its outcome."""
        for row, outcome in self.renders.outcomes(wanted):
            self.known[row] = outcome
            self._progress(len(self.known))
            yield row, outcome

    def render_changes(self, changes: Sequence[Change], search: ConditionSearch, around: Sequence[Combination]) -> None:
        """Render what changes, and every change of what the search finds, which goes on beside it in a thread."""
        with ThreadPoolExecutor(1) as beside:
            searching = beside.submit(search.found, around)
            try:
                self._render_all(changes)
                self._render_all(every_change(self._matrix, searching.result()))
            except BaseException:
                search.end()
                raise

    def _render_all(self, changes: Sequence[Change]) -> None:
        self.changes += changes
        rows = dict.fromkeys(row for before, _, after in changes for row in (before, after))
        for _ in self.render([row for row in rows if row not in self.known]):
            pass


def _followed(observed: _Observed, rows: Sequence[Combination], seed: int, unmet: int) -> tuple[Iterator[Outcome], str]:
    """The outcome of every row, most of them without a render, and what bears that out."""
    known, render, renders = observed.known, observed.render, observed.renders
    dependencies = Dependencies(known, observed.changes)
    holds = dependencies.are_consistent(known)
    while holds and (wanted := dependencies.unknown(row for row in rows if row not in known)):
        for row, outcome in render(wanted):
            holds = dependencies.learn(row, outcome) and holds
    left = [row for row in rows if row not in known]
    proving = sample(left, seed) if holds else []
    for row, outcome in render(proving):
        holds = dependencies.learn(row, outcome) and holds
    if holds:
        following = len(left) - len(proving)
        proof = (
            f"{following:,} follow from {renders.rendered:,} renders, as a sample of {len(proving)} "
            f"showed (seed {seed}){doubt(following)}"
        )
        if unmet:
            proof += f"; {unmet} conditions of the templates held in no combination that was tried"
    else:
        proof = "all were rendered, as texts depend on more axes than was observed"
        list(render([row for row in rows if row not in known]))

    def outcomes() -> Iterator[Outcome]:
        for row in rows:
            outcome = known.get(row) or dependencies.predict(row)
            assert outcome is not None, "every row is known or follows"  # noqa: S101
            yield outcome

    return outcomes(), proof
