"""The values that templates see in a combination: the chart's own, its choices merged over them by Helm itself."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from helm_nested.errors import ConfigurationError
from helm_nested.findings.unvaried import leaves
from helm_nested.matrix.axes import Axis, Combination, Matrix
from helm_nested.suggestion import did_you_mean
from helm_nested.values import Values

# The chart's default values merged with others, as Helm does it.
Merge = Callable[[Values], Values]
_KEPT = 4096


class EffectiveValues:
    """Values by dotted path (`temporal.keda.pollingInterval`) and combination; None where nothing is set."""

    def __init__(self, matrix: Matrix, rows: Sequence[Combination], merge: Merge) -> None:
        self._matrix = matrix
        self._rows = rows
        self._merge = merge
        self._texts = lru_cache(maxsize=_KEPT)(self._text)

    @cached_property
    def _set_by(self) -> list[frozenset[tuple[str, ...]]]:
        """For each axis the paths that its choices set."""
        return [frozenset(path for choice in axis.choices for path in leaves(choice.values)) for axis in self._axes]

    @cached_property
    def _known(self) -> frozenset[str]:
        paths = set().union(*self._set_by, leaves(self._merge({})))
        return frozenset(".".join(path[:length]) for path in paths for length in range(1, len(path) + 1))

    @property
    def _axes(self) -> Sequence[Axis]:
        return self._matrix.axes

    def column(self, path: str) -> Sequence[int]:
        """A number for each combination, the same wherever the same choices are made about that path.

        Raises:
            ConfigurationError: neither the chart's values nor any choice has such a path; the nearest one is named.
        """
        axes = self._about(path)
        numbers: dict[bytes, int] = {}
        return array("I", (numbers.setdefault(bytes(row[axis] for axis in axes), len(numbers)) for row in self._rows))

    def at(self, path: str, number: int) -> Any:  # noqa: ANN401 - any YAML
        """What stands at that path in that combination, each time a copy of its own."""
        row = self._rows[number]
        return json.loads(self._texts(path, tuple((axis, row[axis]) for axis in self._about(path))))

    def _about(self, path: str) -> tuple[int, ...]:
        """The axes with a choice that sets something at, above or below the path."""
        if path not in self._known:
            raise ConfigurationError(f"there is no value {path!r}. {did_you_mean(path, self._known)}")
        steps = tuple(path.split("."))
        return tuple(
            axis
            for axis, paths in enumerate(self._set_by)
            if any(each[: len(steps)] == steps or steps[: len(each)] == each for each in paths)
        )

    def _text(self, path: str, chosen: tuple[tuple[int, int], ...]) -> str:
        row = bytearray(len(self._axes))
        for axis, choice in chosen:
            row[axis] = choice
        found: Any = self._merge(self._matrix.values(row))
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return json.dumps(found)
