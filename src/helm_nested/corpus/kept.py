"""A corpus of an earlier run, which is taken again if a random sample is rendered as it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from helm_nested.corpus.corpus import ABSENT, Corpus
from helm_nested.corpus.dependencies import doubt, drawn_seed, sample
from helm_nested.corpus.renders import Renders
from helm_nested.corpus.row_renderer import RowRenderer
from helm_nested.matrix.axes import Combination

# By whether it is a template and the name of its place: a text.
_Texts = dict[tuple[bool, str], str]


def proved_again(
    kept: Corpus,
    combinations: Sequence[Combination],
    renderer: RowRenderer,
    seed: int | None,
    progress: Callable[[int], None],
) -> Corpus | None:
    """The kept corpus, with what was rendered now to bear it out; None if it is not of these combinations, or no more.

    A chart may render something else each time, and what was left out then may have been wrong.
    """
    started = time.perf_counter()
    if list(kept.combinations) != list(combinations):
        return None
    seed = drawn_seed() if seed is None else seed
    renders = Renders(renderer)
    proving = sample(range(len(combinations)), seed)
    outcomes = renders.outcomes([combinations[number] for number in proving])
    for number, (_, outcome) in zip(proving, outcomes, strict=True):
        progress(renders.rendered)
        refusal = kept.refusals.ids[number]
        before = None if refusal == ABSENT else kept.refusals.texts[refusal - 1]
        texts = {
            (place.is_template, place.name): renders.texts[place, digest].text
            for place, digest in outcome.texts.items()
        }
        if outcome.refusal != before or texts != _texts(kept, number):
            return None
    left = len(combinations) - len(proving)
    proof = (
        f"{left:,} are known from an earlier run, as a sample of {len(proving)} showed (seed {seed}){doubt(left)}"
        if left
        else ""
    )
    return replace(
        kept,
        seconds_rendering=time.perf_counter() - started,
        at_once=renders.at_once,
        rendered=renders.rendered,
        proof=proof,
    )


def _texts(corpus: Corpus, number: int) -> _Texts:
    """What one combination leads to."""
    return {
        (is_template, name): slot.texts[slot.ids[number] - 1]
        for is_template, slots in ((False, corpus.manifests), (True, corpus.templates))
        for name, slot in slots.items()
        if slot.ids[number] != ABSENT
    }
