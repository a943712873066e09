"""Which combinations were looked at with which argument set: not every template and bundle meets every set."""

from __future__ import annotations

from collections.abc import Container, Sequence

from helm_nested.bit_set import bit_set
from helm_nested.corpus import Corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.findings.failure import BUNDLE, FailureGroup


class Tried:
    """What an inspection of a corpus looked at, told as bit sets: bit n is combination n.

    The `primary` sets met everything; the others met the templates and bundles of the combinations in `sample`, and
    with `is_complete` every template.
    """

    def __init__(
        self, corpus: Corpus, primary: Container[str | None], sample: Sequence[int], *, is_complete: bool
    ) -> None:
        self._corpus = corpus
        self._primary = primary
        self._sample = frozenset(sample)
        self._is_complete = is_complete
        self._known: dict[str, int] = {}

    def untried(self, group: FailureGroup) -> int:
        """The combinations of which nobody knows whether the group fails there too.

        Where its argument sets show the same, as far as they were tried, what one of them tells is enough.
        """
        failing, untried = 0, 0
        for number, (name, bits) in enumerate(group.failing_with(self._corpus).items()):
            slots = {place.slot for place in group.places if place.argument_set == name}
            own = 0
            for slot in () if name in self._primary else slots:
                own |= self._beyond_sample(slot)
            agrees = number == 0 or not (failing ^ bits) & ~(untried | own)
            untried = own if number == 0 else (untried & own if agrees else untried | own)
            failing |= bits
        return untried

    def _beyond_sample(self, slot: str) -> int:
        if slot not in self._known:
            self._known[slot] = bit_set(self._numbers(slot), len(self._corpus.combinations))
        return self._known[slot]

    def _numbers(self, slot: str) -> Sequence[int]:
        if slot == BUNDLE:
            return [number for number in range(len(self._corpus.combinations)) if number not in self._sample]
        template = self._corpus.templates.get(slot)
        if template is None or self._is_complete:
            return []
        met = {ABSENT, *(template.ids[number] for number in self._sample)}
        return [number for number, identity in enumerate(template.ids) if identity not in met]
