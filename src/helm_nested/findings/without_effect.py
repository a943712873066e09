"""Values that a choice sets and that change nothing: most often a template reads another name.

A value is taken out of the combinations that have it, and changed in them: it may say what a template says anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError, RenderError
from helm_nested.findings.finding import Finding
from helm_nested.findings.unvaried import Path, leaves_with_values, other_values
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import described, with_choices
from helm_nested.values import Values
from helm_nested.watchdog import working_on

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

CHECK = "value-without-effect"
_ABSENT = object()
RULE = "A value that a choice of the matrix sets changes what is rendered; otherwise no template reads it by that name."


def values_without_effect(
    matrix: Matrix, engine: InProcessEngine, rows: Sequence[Combination], release: Release
) -> list[Finding]:
    """A finding for each value of a choice whose rows are rendered alike with it, without it and with other values.

    `rows` are combinations in which any two choices meet. What only repeats the chart's own value is no finding, nor is
    null, which takes a value away.
    """
    found: dict[Path, Finding] = {}
    with_effect: set[Path] = set()
    for axis, each in enumerate(matrix.axes):
        for number, choice in enumerate(each.choices):
            for path, value in leaves_with_values(choice.values):
                if path in with_effect or value is None:
                    continue
                tried = _Tried(matrix, engine, release)
                others = [_ABSENT, *other_values(value, engine.words(path))]
                having = list(_having(matrix, rows, axis, number))
                if any(tried.differs(row, path, other) for other in others for row in having):
                    with_effect.add(path)
                elif tried.row is not None:
                    found.setdefault(path, _finding(matrix, tried.row, path, f"{each.name}={choice.name}"))
    return [finding for path, finding in found.items() if path not in with_effect]


def _having(matrix: Matrix, rows: Sequence[Combination], axis: int, choice: int) -> Iterator[Combination]:
    """The rows with that choice, the one with nothing else special first."""
    alone = with_choices(bytes(len(matrix.axes)), [axis], [choice])
    if matrix.allowed(alone):
        yield alone
    yield from (row for row in rows if row[axis] == choice and row != alone)


class _Tried:
    """Whether a value has an effect, and a row in which it had none."""

    def __init__(self, matrix: Matrix, engine: InProcessEngine, release: Release) -> None:
        self._matrix = matrix
        self._engine = engine
        self._release = release
        self.row: Combination | None = None

    def differs(self, row: Combination, path: Path, other: object) -> bool:
        """Whether the row with another value at that path, or with none, leads to other texts, or to none."""
        values, release = self._matrix.values(row), self._matrix.release(row, self._release)
        without = _with(values, path, other)
        try:
            with working_on(f"{described(self._matrix, row)} without {'.'.join(path)}"):
                if _same(self._engine.effective(values), self._engine.effective(without)):
                    return False  # the chart's own value is the same
                texts = self._engine.render_texts(values, release)
        except HelmNestedError:
            return False  # told elsewhere
        try:
            changed = self._engine.render_texts(without, release) != texts
        except RenderError:
            return True  # the chart itself asks for it
        except HelmNestedError:
            return False
        if not changed and self.row is None:
            self.row = row
        return changed


def _with(values: Values, path: Path, other: object) -> Values:
    """The values with another one there; a map that is left with nothing in it goes as well."""
    key, *below = path
    if below:
        inside = values.get(key)
        if not isinstance(inside, dict):
            return values
        other = _with(inside, tuple(below), other) or _ABSENT
    if other is _ABSENT:
        return {name: value for name, value in values.items() if name != key}
    return {**values, key: other}


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any YAML
    # As JSON, as to Python 1, 1.0 and true are equal.
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _finding(matrix: Matrix, row: Combination, path: Path, choice: str) -> Finding:
    return Finding.of_values(
        CHECK,
        RULE,
        ".".join(path),
        f"{choice} sets it, and without it, or with another value, every combination that was tried is rendered alike",
        matrix.values(row),
        matrix.release_map(row),
    )
