"""The values that templates see in a combination: the chart's own, its choices merged over them by Helm itself."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from helm_nested.errors import ConfigurationError
from helm_nested.findings.unvaried import leaves
from helm_nested.matrix.axes import Axis, Combination, Matrix
from helm_nested.values import Values
from nested_templates.document_path import join
from nested_templates.suggestion import did_you_mean

# A path as it is written everywhere, with dots alone where that can mean one thing only, or step by step.
Path = str | tuple[str, ...]
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
    def _known(self) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """By text what it may mean, step by step: with dots alone a key that has dots can be meant otherwise."""
        leading = set().union(*self._set_by, leaves(self._merge({})))
        known: dict[str, list[tuple[str, ...]]] = {}
        for steps in sorted({path[:length] for path in leading for length in range(1, len(path) + 1)}):
            for text in {join("", steps), ".".join(steps)}:
                known.setdefault(text, []).append(steps)
        return known

    @property
    def _axes(self) -> Sequence[Axis]:
        return self._matrix.axes

    def column(self, path: Path) -> Sequence[int]:
        """A number for each combination, the same wherever the same choices are made about that path.

        Raises:
            ConfigurationError: neither the chart's values nor any choice has such a path, and the nearest one is named;
                or a text may mean several.
        """
        axes = self._about(self._steps(path))
        numbers: dict[bytes, int] = {}
        return array("I", (numbers.setdefault(bytes(row[axis] for axis in axes), len(numbers)) for row in self._rows))

    def at(self, path: Path, number: int) -> Any:  # noqa: ANN401 - any YAML
        """What stands at that path in that combination, each time a copy of its own."""
        row = self._rows[number]
        steps = self._steps(path)
        return json.loads(self._texts(steps, tuple((axis, row[axis]) for axis in self._about(steps))))

    def _steps(self, path: Path) -> tuple[str, ...]:
        text = path if isinstance(path, str) else ".".join(path)
        meant = [steps for steps in self._known.get(text, ()) if path in (text, steps)]
        if not meant:
            raise ConfigurationError(f"there is no value {path!r}. {did_you_mean(text, self._known)}")
        if len(meant) > 1:
            raise ConfigurationError(
                f"the value {path!r} may be {' or '.join(join('', steps) for steps in meant)}. "
                "Write the one that is meant."
            )
        return meant[0]

    def _about(self, steps: tuple[str, ...]) -> tuple[int, ...]:
        """The axes with a choice that sets something at, above or below the path."""
        return tuple(
            axis
            for axis, paths in enumerate(self._set_by)
            if any(each[: len(steps)] == steps or steps[: len(each)] == each for each in paths)
        )

    def _text(self, steps: tuple[str, ...], chosen: tuple[tuple[int, int], ...]) -> str:
        row = bytearray(len(self._axes))
        for axis, choice in chosen:
            row[axis] = choice
        found: Any = self._merge(self._matrix.values(row))
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return json.dumps(found)
