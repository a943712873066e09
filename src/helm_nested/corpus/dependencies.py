"""Which axes each text depends on: observed, used to leave out renders, and proved on a sample of those left out.

Combinations in which any two choices meet are rendered, and each of them again with one axis changed, axis by axis.
What stands in a place is taken to depend on the axes whose change was seen there, and on no others. Then only those
combinations need a render that bring some place a new combination of its axes. Others lead to texts that are known.
Pairs seldom show what takes many choices at once. So the combinations of only second (or third ...) choices are changed
as well, as most of what charts do under many choices they do when all is switched on; and so are those that meet first
what is conditional in the templates (`condition_search`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from random import Random
from typing import TypeVar

from helm_nested.corpus.outcome import Outcome, Place
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import with_choices

# A combination, one of its axes, and the combination with another choice there.
Change = tuple[Combination, int, Combination]
# A combination, or its number.
_Row = TypeVar("_Row", Combination, int)
# The place of a refusal, which has a dependency of its own.
_REFUSAL = Place(False, "")
# So many of the combinations that were left out are rendered as well, and must lead to what was predicted.
PROOF = 300
# Where such a sample holds no exception, with 95 % certainty no more than so many in a hundred are one.
_DOUBT = 100 * 3 / PROOF
_SEEDS = 10**6


def extremes(matrix: Matrix, row: Combination) -> list[Combination]:
    """For each place in the order of choices, the row with that choice, or the last, on every axis that allows it."""
    found = []
    for choice in range(1, max(len(axis.choices) for axis in matrix.axes)):
        extreme = row
        for axis, each in enumerate(matrix.axes):
            changed = with_choices(extreme, [axis], [min(choice, len(each.choices) - 1)])
            extreme = changed if matrix.allowed(changed) else extreme
        found.append(extreme)
    return found


def flips(matrix: Matrix, rows: Sequence[Combination]) -> list[Change]:
    """Each row with each axis changed, to another choice from row to row: the row, the axis, the changed row."""
    found = []
    for number, row in enumerate(rows):
        for axis, choices in enumerate(len(each.choices) for each in matrix.axes):
            for step in range(choices - 1):
                other = (row[axis] + 1 + (number + step) % (choices - 1)) % choices
                changed = with_choices(row, [axis], [other])
                if matrix.allowed(changed):
                    found.append((row, axis, changed))
                    break
    return found


def every_change(matrix: Matrix, rows: Sequence[Combination]) -> list[Change]:
    """Each row with each axis changed to each other choice that may stand there: the row, the axis, the changed row."""
    return [
        (row, axis, changed)
        for row in rows
        for axis, each in enumerate(matrix.axes)
        for choice in range(len(each.choices))
        if choice != row[axis] and matrix.allowed(changed := with_choices(row, [axis], [choice]))
    ]


class Dependencies:
    """What was observed, and what follows from it for combinations that were not rendered."""

    def __init__(self, known: Mapping[Combination, Outcome], changes: Iterable[Change]) -> None:
        axes: dict[Place, set[int]] = {_REFUSAL: set()}
        for outcome in known.values():
            for place in outcome.texts:
                axes.setdefault(place, set())
        unchanged = set(range(len(next(iter(known)))))
        for row, axis, changed in changes:
            unchanged.discard(axis)
            for place in _differing(known[row], known[changed]):
                axes[place].add(axis)
        # Of an axis that exclusions never let change alone nothing was observed, so anything may depend on it.
        for of in axes.values():
            of |= unchanged
        self._groups = _Groups(axes)
        for row, outcome in known.items():
            self._groups.learn(row, outcome)

    def are_consistent(self, known: Mapping[Combination, Outcome]) -> bool:
        """Whether all that was rendered is what follows from the rest of it."""
        return all(self._groups.fits(row, outcome) for row, outcome in known.items())

    def unknown(self, rows: Iterable[Combination]) -> list[Combination]:
        """Those of the rows that have to be rendered, as no known one stands for them in some place."""
        return list(self._groups.unknown(rows))

    def learn(self, row: Combination, outcome: Outcome) -> bool:
        """Take note of one more render; False if it is not what was observed, so that nothing follows any more."""
        fits = self._groups.fits(row, outcome)
        self._groups.learn(row, outcome)
        return fits

    def predict(self, row: Combination) -> Outcome | None:
        """What the row leads to; None if that does not follow."""
        return self._groups.predict(row)


def sample(rows: Sequence[_Row], seed: int) -> list[_Row]:
    """The rows that prove the others, drawn at random; or their numbers."""
    return Random(seed).sample(rows, min(PROOF, len(rows)))  # noqa: S311 - not for secrets


def drawn_seed() -> int:
    """A seed for a sample, where the user names none."""
    return secrets.randbelow(_SEEDS)


def doubt(left: int) -> str:
    """What of so many combinations that were left out a sample leaves open."""
    return f"; with 95 % certainty at most {_DOUBT:.0f} % of them differ" if left else ""


class _Groups:
    """Places that depend on the same axes, and by the choices of these axes a combination that was rendered."""

    def __init__(self, axes: Mapping[Place, set[int]]) -> None:
        ordered = sorted(((tuple(sorted(of)), place) for place, of in axes.items()), key=itemgetter(0))
        self._places = {of: [place for _, place in members] for of, members in groupby(ordered, key=itemgetter(0))}
        self._refusal = tuple(sorted(axes[_REFUSAL]))
        self._known: dict[tuple[int, ...], dict[bytes, Outcome]] = {of: {} for of in self._places}
        self._refusals: dict[bytes, str | None] = {}

    def learn(self, row: Combination, outcome: Outcome) -> None:
        self._refusals.setdefault(_choices(row, self._refusal), outcome.refusal)
        if outcome.refusal is None:
            for of, known in self._known.items():
                known.setdefault(_choices(row, of), outcome)

    def fits(self, row: Combination, outcome: Outcome) -> bool:
        """Whether every place that follows from what is known is as it follows, whether or not all of them do."""
        if self._refusals.get(_choices(row, self._refusal), outcome.refusal) != outcome.refusal:
            return False
        if outcome.refusal is not None:
            return True
        known = {
            place: self._known[of].get(_choices(row, of)) for of, places in self._places.items() for place in places
        }
        return known.keys() >= outcome.texts.keys() and all(
            before is None or before.texts.get(place) == outcome.texts.get(place) for place, before in known.items()
        )

    def predict(self, row: Combination) -> Outcome | None:
        choices = _choices(row, self._refusal)
        if choices not in self._refusals:
            return None
        refusal = self._refusals[choices]
        if refusal is not None:
            return Outcome({}, refusal)
        texts = {}
        for of, places in self._places.items():
            outcome = self._known[of].get(_choices(row, of))
            if outcome is None:
                return None
            texts.update({place: outcome.texts[place] for place in places if place in outcome.texts})
        return Outcome(texts)

    def unknown(self, rows: Iterable[Combination]) -> Iterator[Combination]:
        """Each row that brings a group choices of its axes which neither a known one nor an earlier of these brings."""
        asked: dict[tuple[int, ...], set[bytes]] = {of: set() for of in self._places}
        asked_refusals: set[bytes] = set()
        for row in rows:
            refusal = _choices(row, self._refusal)
            if self._refusals.get(refusal) is not None:
                continue
            brings = refusal not in self._refusals and refusal not in asked_refusals
            for of, known in self._known.items():
                choices = _choices(row, of)
                brings = brings or (choices not in known and choices not in asked[of])
            if brings:
                asked_refusals.add(refusal)
                for of in self._known:
                    asked[of].add(_choices(row, of))
                yield row


def _choices(row: Combination, axes: tuple[int, ...]) -> bytes:
    return bytes([row[axis] for axis in axes])


def _differing(one: Outcome, other: Outcome) -> Iterator[Place]:
    """The places in which two outcomes differ; nobody knows what a refused one would have had."""
    if one.refusal != other.refusal:
        yield _REFUSAL
    if one.refusal is None and other.refusal is None:
        yield from (place for place in {**one.texts, **other.texts} if one.texts.get(place) != other.texts.get(place))
