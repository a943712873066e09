"""Which combinations of a matrix are rendered, by strength."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import combinations as choose
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Literal

from helm_nested.cache_warning import warn_not_kept
from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.software import versions

Strength = Literal["all", "3", "2"]
# Of the way in which covering arrays are made: those that were made in another way are not read.
_VERSION = 2
# Any three choices of different axes meet in some combination.
_ACROSS_BLOCKS = 3


def combinations(matrix: Matrix, strength: Strength, cache: Path) -> list[Combination]:
    """The combinations of that strength, each once, the row of all first choices first if it is allowed.

    `all`: inside each block every allowed combination, and across blocks every three choices meet; `3` and `2`: every
    three, every two choices meet. The covering array is kept in the folder `cache`, as it costs seconds.

    Raises:
        ConfigurationError: the exclusions leave nothing.
    """
    first = bytes(len(matrix.axes))
    if completed(matrix, first, {}) is None:
        reasons = "; ".join(each.reason for each in matrix.exclusions)
        raise ConfigurationError(
            f"the exclusions of the matrix leave no combination, so nothing would be checked: {reasons}. "
            "Remove one of them, or narrow its 'when'."
        )
    rows: dict[Combination, None] = dict.fromkeys([first] if matrix.allowed(first) else [])
    if strength != "all":
        rows.update(dict.fromkeys(_covering(matrix, int(strength), cache)))
        return list(rows)
    across = _covering(matrix, _ACROSS_BLOCKS, cache)
    rows.update(dict.fromkeys(across))
    for block in matrix.blocks:
        rows.update(dict.fromkeys(_block(matrix, block, [first, *across])))
    return list(rows)


def require_every_choice(matrix: Matrix) -> None:
    """Accept a matrix in which every choice stands in some allowed combination.

    Raises:
        ConfigurationError: one stands in none, so it would never be checked.
    """
    first = bytes(len(matrix.axes))
    for axis, each in enumerate(matrix.axes):
        for number, choice in enumerate(each.choices):
            if completed(matrix, first, {axis: number}) is None:
                raise ConfigurationError(
                    f"the exclusions of the matrix leave no combination with {each.name}={choice.name}, so this choice "
                    f"would never be checked. Remove the choice, or narrow an exclusion that names {each.name!r} or "
                    "what goes with it."
                )


def described(matrix: Matrix, row: Combination) -> str:
    """The combination for people: those of its choices that are not the axis's first."""
    special = [
        f"{axis.name}={axis.choices[choice].name}" for axis, choice in zip(matrix.axes, row, strict=True) if choice
    ]
    return f"the combination {', '.join(special) or 'of all first choices'}"


def meeting(rows: Sequence[Combination], pairwise: Sequence[Combination]) -> list[int]:
    """The numbers of enough rows for every pair of choices in `pairwise`, whose own rows need not be among them."""

    def pairs(row: Combination) -> set[tuple[tuple[int, int], ...]]:
        return set(choose(enumerate(row), 2))

    missing = set().union(*map(pairs, pairwise))
    numbers = []
    for number, row in enumerate(rows):
        found = pairs(row) & missing
        if found:
            numbers.append(number)
            missing -= found
        if not missing:
            break
    return numbers


def _covering(matrix: Matrix, strength: int, cache: Path) -> list[Combination]:
    if strength >= len(matrix.axes):
        every = product(*(range(len(axis.choices)) for axis in matrix.axes))
        return [bytes(row) for row in every if matrix.allowed(row)]
    factors = [list(range(len(axis.choices))) for axis in matrix.axes]
    excluded = [sorted((axis, sorted(choices)) for axis, choices in each.when.items()) for each in matrix.exclusions]
    made_by = [_VERSION, *versions(["covertable"])]
    key = sha256(json.dumps([made_by, factors, excluded, strength]).encode()).hexdigest()[:16]
    kept = cache / f"covering-array-{key}.json"
    known = _kept(kept, matrix, strength)
    if known is not None:
        return known
    # Needed only when the matrix has changed.
    import covertable
    from covertable.criteria import simple

    # The library knows exclusions too, but is some 30 times slower with them (85 s for 31 axes and strength 3).
    rows: dict[Combination, None] = {}
    for row in covertable.make(factors, strength=strength, criterion=simple):
        rows.update(dict.fromkeys(_repaired(matrix, bytes(row), len(matrix.exclusions))))
    if not rows:  # no repair was found, though there is an allowed row
        rows.update(dict.fromkeys(filter(None, [completed(matrix, bytes(len(matrix.axes)), {})])))
    rows.update(dict.fromkeys(_missing(matrix, list(rows), strength)))
    needed = _needed(list(rows), strength)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}.fresh")  # several processes may make it at once
        fresh.write_text(json.dumps([list(row) for row in needed]), encoding="utf-8")
        fresh.replace(kept)
    except OSError as error:
        warn_not_kept(cache, error)
    return needed


def _kept(file: Path, matrix: Matrix, strength: int) -> list[Combination] | None:
    """The rows in that file; None if there are none, or they are not what they should be."""
    try:
        rows = [bytes(row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
    sizes = [len(axis.choices) for axis in matrix.axes]
    for row in rows:
        fits = len(row) == len(sizes) and all(choice < size for choice, size in zip(row, sizes, strict=True))
        if not fits or not matrix.allowed(row):
            return None
    return rows if rows and next(_missing(matrix, rows, strength), None) is None else None


def _repaired(matrix: Matrix, row: Combination, depth: int) -> Iterator[Combination]:
    """Allowed rows in place of one that is not: for the first exclusion that holds, each of its axes changed in turn.

    What the row was to cover does not hold all axes of an exclusion, so one of the rows still covers it.
    """
    broken = next((each for each in matrix.exclusions if each.holds(row)), None)
    if broken is None:
        yield row
        return
    if depth == 0:
        return
    for axis, choices in broken.when.items():
        for other in range(len(matrix.axes[axis].choices)):
            if other not in choices:
                yield from _repaired(matrix, row[:axis] + bytes([other]) + row[axis + 1 :], depth - 1)
                break


def _missing(matrix: Matrix, rows: list[Combination], strength: int) -> Iterator[Combination]:
    """Rows for the choices that can meet, and do not meet in any of the rows: none if the rows are complete."""
    # For each choice the rows that have it, as a bit set: so a complete array is seen to be one quickly.
    having = [[0] * len(axis.choices) for axis in matrix.axes]
    for number, row in enumerate(rows):
        for axis, choice in enumerate(row):
            having[axis][choice] |= 1 << number
    for wanted in _apart(having, strength, (1 << len(rows)) - 1):
        possible = completed(matrix, rows[0], wanted)
        if possible is not None:
            candidates = (with_choices(row, list(wanted), list(wanted.values())) for row in rows)
            yield next(filter(matrix.allowed, candidates), possible)


def _apart(having: Sequence[Sequence[int]], strength: int, rows: int, axis: int = 0) -> Iterator[dict[int, int]]:
    """So many choices, by axis from that one on, that none of the rows has together; both are bit sets."""
    for first in range(axis, len(having) - strength + 1):
        for choice, having_it in enumerate(having[first]):
            both = rows & having_it
            if strength > 1:
                for others in _apart(having, strength - 1, both, first + 1):
                    yield {first: choice, **others}
            elif not both:
                yield {first: choice}


def completed(matrix: Matrix, row: Combination, fixed: Mapping[int, int]) -> Combination | None:
    """An allowed row with these choices by axis, like the given one as far as that goes; None if there is none."""
    row = with_choices(row, list(fixed), list(fixed.values()))
    broken = next((each for each in matrix.exclusions if each.holds(row)), None)
    if broken is None:
        return row
    # Whatever row is allowed has another choice on one of the axes that are free.
    for axis, excluded in broken.when.items():
        for other in range(len(matrix.axes[axis].choices)):
            if axis not in fixed and other not in excluded:
                found = completed(matrix, row, {**fixed, axis: other})
                if found is not None:
                    return found
    return None


def with_choices(row: Combination, axes: Sequence[int], choices: Sequence[int]) -> Combination:
    """The row with these choices on these axes."""
    changed = bytearray(row)
    for axis, choice in zip(axes, choices, strict=True):
        changed[axis] = choice
    return bytes(changed)


def _needed(rows: list[Combination], strength: int) -> list[Combination]:
    """The rows without those whose every meeting of choices is in another row as well."""
    groups = list(choose(range(len(rows[0])), strength))
    columns = list(zip(*rows, strict=True))
    # Only counts are kept: the meetings themselves are some four thousand a row at strength 3.
    counts = [Counter(zip(*(columns[axis] for axis in group), strict=True)) for group in groups]
    choices_of = [itemgetter(*group) for group in groups]
    kept = []
    for row in rows:
        if any(count[choices(row)] == 1 for count, choices in zip(counts, choices_of, strict=True)):
            kept.append(row)
            continue
        for count, choices in zip(counts, choices_of, strict=True):
            count[choices(row)] -= 1
    return kept


def _block(matrix: Matrix, block: str, around: list[Combination]) -> Iterator[Combination]:
    """Every allowed combination of one block's axes, beside the first of `around` that goes with it.

    The others need not vary here: that blocks meet is the covering array's part, and what varies without need makes
    thousands of texts that differ in nothing new.
    """
    inside = [index for index, axis in enumerate(matrix.axes) if axis.block == block]
    within = [each for each in matrix.exclusions if set(each.when) <= set(inside)]
    first = bytes(len(matrix.axes))
    for choices in product(*(range(len(matrix.axes[index].choices)) for index in inside)):
        row = with_choices(first, inside, choices)
        if any(exclusion.holds(row) for exclusion in within):
            continue
        candidates = (with_choices(beside, inside, choices) for beside in around)
        found = next(filter(matrix.allowed, candidates), None) or completed(
            matrix, row, dict(zip(inside, choices, strict=True))
        )
        if found is not None:  # exclusions that name other blocks may leave nothing to stand beside it
            yield found
