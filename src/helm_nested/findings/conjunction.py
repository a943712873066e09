"""The smallest conjunctions of choices that explain which combinations fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations as choose

from helm_nested.matrix.axes import Combination, Matrix

# A defect that needs four choices at once is not looked for: 85 choices make 98,770 triples, and 2 million quadruples.
_MOST = 3


@dataclass(frozen=True)
class Conjunction:
    """Choices that together make a check fail: (axis, choice) indices; none at all means that it always fails."""

    choices: tuple[tuple[int, int], ...]

    def text(self, matrix: Matrix) -> str:
        """The choices by name."""
        named = (f"{matrix.axes[axis].name}={matrix.axes[axis].choices[choice].name}" for axis, choice in self.choices)
        return " and ".join(named) or "always"


def bit_sets(matrix: Matrix, rows: Sequence[Combination]) -> dict[tuple[int, int], int]:
    """For every choice the combinations that have it, as a bit set."""
    found: dict[tuple[int, int], int] = {}
    for axis in range(len(matrix.axes)):
        column = bytes(row[axis] for row in rows)
        for choice in range(len(matrix.axes[axis].choices)):
            bits = bytearray(len(rows) // 8 + 1)
            number = column.find(choice)
            while number >= 0:
                bits[number >> 3] |= 1 << (number & 7)
                number = column.find(choice, number + 1)
            found[(axis, choice)] = int.from_bytes(bits, "little")
    return found


def explain(
    sets: dict[tuple[int, int], int], total: int, failing: int, unknown: int = 0
) -> tuple[list[Conjunction], int]:
    """Conjunctions all of whose combinations fail, smallest first, and how many failing ones they leave unexplained.

    `total` combinations there are, `failing` is the bit set of those that fail, `unknown` of those that neither fail
    nor pass. Each conjunction is minimal: without one of its choices it would hold for a combination that passes.
    """
    every = (1 << total) - 1 & ~(unknown & ~failing)
    if failing == every:
        return [Conjunction(())], 0
    passing = every & ~failing
    rest = failing
    chosen: list[tuple[tuple[int, int], ...]] = []
    for size in range(1, _MOST + 1):
        candidates = [
            (bits & failing, choices)
            for choices, bits in _conjunctions(sets, rest, size)
            if not bits & passing and not any(set(smaller) <= set(choices) for smaller in chosen)
        ]
        candidates.sort(key=lambda each: -each[0].bit_count())
        for bits, choices in candidates:
            if bits & rest:
                chosen.append(choices)
                rest &= ~bits
        if not rest:
            break
    return [Conjunction(each) for each in chosen], rest.bit_count()


def _conjunctions(
    sets: dict[tuple[int, int], int], rest: int, size: int
) -> Iterator[tuple[tuple[tuple[int, int], ...], int]]:
    """Every conjunction of that many choices of different axes that holds for one of the combinations in `rest`."""
    useful = [(choice, bits) for choice, bits in sets.items() if bits & rest]
    for group in choose(useful, size):
        if len({choice[0] for choice, _ in group}) < size:
            continue
        bits = group[0][1]
        for _, other in group[1:]:
            bits &= other
        if bits & rest:
            yield tuple(choice for choice, _ in group), bits
