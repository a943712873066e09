"""Which choices a failure takes that was found on a sample: told by rendering more combinations, one after the other.

Many conjunctions fit a sample. So a failing combination is reduced to the choices that it needs, by delta debugging
(Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002), and what is left is tried in other
company; a combination that passes all the same shows which choice was needed besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from helm_nested.findings.conjunction import Conjunction, bit_sets, explain
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import with_choices

# For each row, whether it fails in the same way; None if it neither fails nor passes, as it was refused altogether.
Fails = Callable[[Sequence[Combination]], Sequence[bool | None]]

# What a person reads of a list of conjunctions; each costs some sixteen renders.
_MOST = 4
# So many failures of a sample are reduced; more are one mistake in many places.
_EXPLANATIONS = 20
# In how much other company a conjunction is tried, and how often a choice is added to it before it is given up.
_COMPANIES, _ADDED = 8, 3


@dataclass(frozen=True)
class Explanation:
    """Conjunctions, and what is known of them.

    Attributes:
        conjunctions: those under which it fails.
        unexplained: how many failing combinations hold none of them.
        confirmed: whether more renders bear them out; None if none were needed.
        example: a combination that fails and has few choices besides; none if it is not known.
    """

    conjunctions: tuple[Conjunction, ...]
    unexplained: int
    confirmed: bool | None = None
    example: Combination | None = None


class Rows:
    """The combinations that were looked at, to explain which of them fail; which these are is given as a bit set."""

    def __init__(self, matrix: Matrix, rows: Sequence[Combination], unknown: int = 0) -> None:
        self._matrix = matrix
        self._rows = rows
        # The rows that were refused, as a bit set: what would be wrong in them nobody knows.
        self._unknown = unknown
        self._reduced = 0

    @cached_property
    def _sets(self) -> dict[tuple[int, int], int]:
        return bit_sets(self._matrix, self._rows)

    def explain(self, failing: int, untried: int = 0) -> Explanation:
        """The explanation where the rows are all there are; of those in `untried` it is not known whether they fail."""
        conjunctions, unexplained = explain(self._sets, len(self._rows), failing, self._unknown | untried)
        return Explanation(tuple(conjunctions), unexplained)

    def explain_sample(self, failing: int, fails: Fails | None, untried: int = 0) -> Explanation:
        """The explanation where the rows are a sample; without `fails`, which renders more, it is a guess.

        So are those that are asked for when as many as `_EXPLANATIONS` have been given.
        """
        if not untried and failing | self._unknown == (1 << len(self._rows)) - 1:
            return self.explain(failing)
        self._reduced += 1
        if fails is not None and self._reduced <= _EXPLANATIONS:
            found, rest, example = self._reduce(failing, untried, fails)
            if found:
                return Explanation(found, rest.bit_count(), not rest, example)
        return replace(self.explain(failing, untried), confirmed=False)

    def _reduce(
        self, failing: int, untried: int, fails: Fails
    ) -> tuple[tuple[Conjunction, ...], int, Combination | None]:
        """Conjunctions, the failing rows that hold none of them, and a row for the first."""
        reduction = _Reduction(self._matrix, self._rows, failing, self._unknown & ~failing, untried & ~failing, fails)
        found: list[_Reduced] = []
        while failing and len(found) < _MOST:
            reduced = reduction.reduced(min(_rows(self._rows, failing), key=_special))
            if reduced is None:
                break
            found.append(reduced)
            failing = _without(reduced.conjunction, self._rows, failing)
        return tuple(each.conjunction for each in found), failing, found[0].row if found else None


@dataclass(frozen=True)
class _Reduced:
    conjunction: Conjunction
    row: Combination


class _Reduction:
    """The sample, and what more renders have told so far."""

    def __init__(
        self, matrix: Matrix, rows: Sequence[Combination], failing: int, unknown: int, untried: int, fails: Fails
    ) -> None:
        self._matrix = matrix
        self._rows = rows
        self._fails = fails
        self._known: dict[Combination, bool | None] = {
            row: None if unknown >> number & 1 else bool(failing >> number & 1)
            for number, row in enumerate(rows)
            if not untried >> number & 1
        }
        self._passing = [row for row, failed in self._known.items() if failed is False]

    def reduced(self, row: Combination) -> _Reduced | None:
        """The conjunction of this row's choices under which it fails; None if it does not let itself be told."""
        if not self._fails([row])[0]:
            return None
        special = [axis for axis, choice in enumerate(row) if choice]
        axes = _smallest(special, lambda kept: self._fail(self._with(row, kept)))
        alone = self._with(row, axes)
        if not self._fail(alone):
            return None
        axes = [axis for axis in axes if self._is_needed(alone, axis)]
        for _ in range(_ADDED + 1):
            passing = self._passing_with(row, axes)
            if passing is None:
                return _Reduced(Conjunction(tuple((axis, row[axis]) for axis in sorted(axes))), alone)
            different = [axis for axis in range(len(row)) if row[axis] != passing[axis]]
            needed = _smallest(different, lambda changed, other=passing: self._pass(_mixed(row, other, changed)))  # type: ignore[misc]
            if not needed or not self._pass(_mixed(row, passing, needed)):
                return None
            axes.append(self._decisive(row, passing, needed))
        return None

    def _decisive(self, row: Combination, passing: Combination, needed: Sequence[int]) -> int:
        """The axis of these that it takes: with all others changed it still fails.

        There are several where an exclusion lets none of them change alone.
        """
        for axis in needed:
            if self._fail(_mixed(row, passing, [other for other in needed if other != axis])):
                return axis
        return needed[0]

    def _with(self, row: Combination, axes: Sequence[int]) -> Combination:
        """The combination of all first choices but for the row's on these axes."""
        return _mixed(bytes(len(row)), row, axes)

    def _is_needed(self, row: Combination, axis: int) -> bool:
        """Whether it passes with another choice of that axis; if none may stand there the others say as much."""
        others = (
            with_choices(row, [axis], [other])
            for other in range(len(self._matrix.axes[axis].choices))
            if other != row[axis]
        )
        allowed = [other for other in others if self._matrix.allowed(other)]
        return any(self._pass(other) for other in allowed)

    def _passing_with(self, row: Combination, axes: Sequence[int]) -> Combination | None:
        """A row that has these choices and passes: one of the sample, or one of it with these choices put in."""
        for other in self._passing:
            if all(other[axis] == row[axis] for axis in axes):
                return other
        tried = 0
        for company in self._rows[:: max(1, len(self._rows) // (4 * _COMPANIES))]:
            other = _mixed(company, row, axes)
            if other in self._known or not self._matrix.allowed(other):
                continue
            if self._pass(other):
                return other
            tried += 1
            if tried == _COMPANIES:
                break
        return None

    def _fail(self, row: Combination) -> bool:
        """Whether the row may be and fails."""
        return self._verdict(row) is True

    def _verdict(self, row: Combination) -> bool | None:
        if not self._matrix.allowed(row):
            return None
        if row not in self._known:
            (self._known[row],) = self._fails([row])
        return self._known[row]

    def _pass(self, row: Combination) -> bool:
        """Whether the row may be and passes."""
        return self._verdict(row) is False


def _smallest(parts: list[int], holds: Callable[[list[int]], bool]) -> list[int]:
    """A part of the parts with which it still holds, none of which can be spared; delta debugging's `ddmin`."""
    if holds([]):
        return []
    pieces = 2
    while len(parts) > 1:
        size = -(-len(parts) // pieces)
        chunks = [parts[start : start + size] for start in range(0, len(parts), size)]
        rests = [[each for each in parts if each not in chunk] for chunk in chunks] if len(chunks) > 2 else []
        smaller = next((each for each in (*chunks, *rests) if holds(each)), None)
        if smaller is not None:
            pieces = 2 if smaller in chunks else max(len(chunks) - 1, 2)
            parts = smaller
        elif len(chunks) == len(parts):
            break
        else:
            pieces = min(len(parts), 2 * pieces)
    return parts


def _mixed(row: Combination, other: Combination, axes: Sequence[int]) -> Combination:
    """The row with the other's choices on these axes."""
    return with_choices(row, axes, [other[axis] for axis in axes])


def _special(row: Combination) -> int:
    """How many of its choices are not the first of their axis."""
    return len(row) - row.count(0)


def _rows(rows: Sequence[Combination], bits: int) -> Iterator[Combination]:
    return (row for number, row in enumerate(rows) if bits >> number & 1)


def _without(conjunction: Conjunction, rows: Sequence[Combination], bits: int) -> int:
    """The bit set without the rows that hold the conjunction."""
    for number, row in enumerate(rows):
        if bits >> number & 1 and all(row[axis] == choice for axis, choice in conjunction.choices):
            bits &= ~(1 << number)
    return bits
