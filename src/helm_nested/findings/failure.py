"""What one check said of one distinct text, and which texts it said it of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from helm_nested.bit_set import bit_set
from helm_nested.checking.model import Problem
from helm_nested.corpus import Corpus, Slot

# Slots that are neither a manifest, whose name is a path, nor a key: neither can be these words.
BUNDLE = "the bundle"
REFUSALS = "the rendering"

# An apostrophe, as in "the pod's", opens no quotation.
_VALUE = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"|\d+")
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|\Z)|\[\d+\]")
# Where a template's line stands differs from one text to the next.
_LINE = re.compile(r"\Aline \d+\Z")


@dataclass(frozen=True)
class Place:
    """A distinct text: the slot it stands in and its id there, and the argument set it was filled with, if it was.

    `document` is the place among the documents of that text, or of the bundle, of the one that something is said of.
    """

    slot: str
    identity: int
    argument_set: str | None = None
    document: int | None = None


@dataclass(frozen=True)
class Failure:
    """One problem in one place."""

    check: str
    problem: Problem
    place: Place


@dataclass
class FailureGroup:
    """Failures that are one and the same: one check, one problem, wherever it shows itself.

    With `various` it is one problem with many values in its message, of which `problem` has the first; a message in
    `others` looks like it and is another problem.
    """

    checks: list[str]
    problem: Problem
    places: list[Place] = field(default_factory=list)
    various: bool = False
    others: frozenset[str] = frozenset()

    @property
    def slots(self) -> list[str]:
        """The keys and manifests it shows itself in."""
        return sorted({place.slot for place in self.places})

    @property
    def documents(self) -> frozenset[int | None]:
        """The places of the documents, among those of their texts, that it shows itself in."""
        return frozenset(place.document for place in self.places)

    @property
    def argument_sets(self) -> list[str]:
        """The argument sets it shows itself with."""
        return sorted({place.argument_set for place in self.places if place.argument_set})

    def failing_with(self, corpus: Corpus) -> dict[str | None, int]:
        """By argument set the combinations that lead to one of its places filled with it; None is stage one."""
        names = sorted({place.argument_set for place in self.places}, key=lambda name: name or "")
        return {
            name: _failing([place for place in self.places if place.argument_set == name], corpus) for name in names
        }

    def is_of(self, failure: Failure) -> bool:
        """Whether the failure is one of this group, be it in another place."""
        mine, other = self.problem, failure.problem
        if failure.check != self.checks[0] or wherever(other.path) != wherever(mine.path):
            return False
        if self.various:
            return other.message not in self.others and but_for_values(other.message) == but_for_values(mine.message)
        return other.message == mine.message

    def failing(self, corpus: Corpus) -> int:
        """The combinations that lead to one of its places, as a bit set: bit n is combination n."""
        return _failing(self.places, corpus)


def _failing(places: Sequence[Place], corpus: Corpus) -> int:
    wanted: dict[str, set[int]] = {}
    for place in places:
        wanted.setdefault(place.slot, set()).add(place.identity)
    bits = 0
    for name, ids in wanted.items():
        # What was seen in a bundle has the combination's own number in place of a text's.
        numbers: Iterable[int] = ids if name == BUNDLE else slot_of(name, corpus).combinations(ids)
        bits |= bit_set(numbers, len(corpus.combinations))
    return bits


def leading_bits(slot: Slot, total: int) -> int:
    """The combinations that lead to any text of a slot, as a bit set."""
    return bit_set(slot.combinations(set(range(1, len(slot.texts) + 1))), total)


def slot_of(name: str, corpus: Corpus) -> Slot:
    """The slot of that name: of the refusals, of a manifest, or of a key of service templates."""
    if name == REFUSALS:
        return corpus.refusals
    return corpus.manifests.get(name) or corpus.templates[name]


def wherever(path: str) -> str:
    """The path without what differs from one text of the same template to the next."""
    return _LINE.sub("line *", _INDEX.sub("*", path))


def but_for_values(message: str) -> str:
    """The message's first sentence without the values it names; what stands below is an excerpt."""
    return _VALUE.sub("*", message.partition("\n")[0])
