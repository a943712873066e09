"""How much one run of the checks looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, combinations


@dataclass(frozen=True)
class Shard:
    """One part of several: the `number`th (from 1) of `total`."""

    number: int = 1
    total: int = 1


UNDIVIDED = Shard()


@dataclass(frozen=True)
class Extent:
    """Which combinations are looked at, and with how much care; with `of_values` they are those of one user's files."""

    strength: Strength
    shard: Shard
    of_values: bool

    @property
    def is_first(self) -> bool:
        """Whether this part also looks at what is no combination, which one part does for all."""
        return self.shard.number == 1

    @property
    def is_thorough(self) -> bool:
        """Whether it is more than the first look after an edit.

        To 3 and `all` is left what takes longest and depends least on the edit.
        """
        return self.strength != "2"

    @property
    def is_complete(self) -> bool:
        """Whether every template meets every argument set."""
        return self.strength == "all"

    @property
    def is_sample(self) -> bool:
        """Whether there are combinations that are not looked at."""
        return not self.is_complete or self.shard.total > 1

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the strength is left to other parts."""
        return self.shard.total == 1 and not self.of_values

    @property
    def seeks_what_is_missing(self) -> bool:
        """Whether what is found nowhere is told, or left open for the other parts to settle."""
        return self.is_complete and not self.of_values

    def rows(self, matrix: Matrix, cache: Path) -> tuple[Sequence[Combination], Sequence[Combination]]:
        """The combinations to look at, and the pairwise ones.

        Raises:
            ConfigurationError: there are more shards than combinations.
        """
        pairwise = combinations(matrix, "2", cache)
        every = combinations(matrix, self.strength, cache) if self.is_thorough else pairwise
        rows = every[self.shard.number - 1 :: self.shard.total]
        if not rows:
            raise ConfigurationError(
                f"the shard {self.shard.number}/{self.shard.total} has no combination, so it would check nothing. "
                "Use fewer shards, or correct the exclusions of the matrix."
            )
        return rows, pairwise
