"""Values that a choice sets and that change nothing: most often a template reads another name.

A value is taken out of the combinations that have it, and changed in them: it may say what a template says anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError, RenderError
from helm_nested.findings.finding import Finding
from helm_nested.findings.rendered_scenario import RenderedTwice, twice
from helm_nested.findings.unvaried import WITHOUT_EFFECT, WITHOUT_EFFECT_RULE, Path, leaves_with_values, other_values
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import described, with_choices
from helm_nested.values import Values
from helm_nested.watchdog import working_on
from nested_templates.document_path import join
from nested_templates.suggestion import nearest

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

_ABSENT = object()


def values_without_effect(trials: ValueTrials, rows: Sequence[Combination]) -> list[Finding]:
    """A finding for each value of a choice whose rows are rendered alike with it, without it and with other values.

    `rows` are combinations in which any two choices meet. What only repeats the chart's own value is no finding, nor is
    null, which takes a value away.
    """
    return list(_without_effect(trials, rows, lambda _path: True).values())


def _without_effect(
    trials: ValueTrials, rows: Sequence[Combination], is_wanted: Callable[[Path], bool]
) -> dict[Path, Finding]:
    found: dict[Path, Finding] = {}
    with_effect: set[Path] = set()
    matrix = trials.matrix
    for axis, each in enumerate(matrix.axes):
        for number, choice in enumerate(each.choices):
            having = list(_having(matrix, rows, axis, number))
            for path, value in leaves_with_values(choice.values):
                if path in with_effect or value is None or not is_wanted(path):
                    continue
                without: Combination | None = None
                tries = (
                    (row, other) for other in (_ABSENT, *other_values(value, trials.words(path))) for row in having
                )
                for row, other in tries:
                    differs = trials.differs(row, path, other)
                    if differs:
                        with_effect.add(path)
                        break
                    if differs is False and without is None:
                        without = row
                else:
                    if without is not None:
                        found.setdefault(path, _finding(matrix, without, path, f"{each.name}={choice.name}"))
    return {path: finding for path, finding in found.items() if path not in with_effect}


def misspelt_values(trials: ValueTrials, rows: Sequence[Combination], own: Values) -> list[Finding]:
    """A finding for each value without effect that is not among the chart's `own`, where a name like its name is.

    Of one user's values others may have no effect on purpose: they are of a feature that is switched off.
    """
    near: dict[Path, str | None] = {}

    def is_wanted(path: Path) -> bool:
        return near.setdefault(path, _near(path, own)) is not None

    return [
        replace(finding, advice=f"Did you mean {near[path]!r}?")
        for path, finding in _without_effect(trials, rows, is_wanted).items()
    ]


def _near(path: Sequence[str], own: Values) -> str | None:
    """The name that the first unknown name of the path is like, if it is unknown and like one."""
    key, *below = path
    if key not in own:
        return nearest(key, [str(name) for name in own])
    inside = own[key]
    return _near(below, inside) if below and isinstance(inside, dict) else None


def changed_combination(
    trials: ValueTrials, rows: Sequence[Combination], path: Path, others: Sequence[object]
) -> str | None:
    """The first of the rows that is rendered otherwise with one of these values at that path; none if no row is."""
    changed = (row for row in rows for other in others if trials.differs(row, path, other))
    return next((described(trials.matrix, row) for row in changed), None)


def _having(matrix: Matrix, rows: Sequence[Combination], axis: int, choice: int) -> Iterator[Combination]:
    """The rows with that choice, the one with nothing else special first."""
    alone = with_choices(bytes(len(matrix.axes)), [axis], [choice])
    if matrix.allowed(alone):
        yield alone
    yield from (row for row in rows if row[axis] == choice and row != alone)


@dataclass(frozen=True)
class _Rendered:
    """A row's values, the same merged over the chart's as JSON, and its texts."""

    values: Values
    effective: str
    rendered: RenderedTwice


class ValueTrials:
    """Rows rendered with and without a value; each row's own texts are rendered twice, and once for all values."""

    def __init__(self, matrix: Matrix, engine: InProcessEngine, release: Release) -> None:
        self._matrix = matrix
        self._engine = engine
        self._release = release
        self._known: dict[Combination, _Rendered | None] = {}

    def differs(self, row: Combination, path: Path, other: object) -> bool | None:
        """Whether the row with another value at that path, or with none, leads to other texts, or to none.

        None if that says nothing: the row is refused, the chart's own value is the same, or the texts are random.
        """
        known = self._of(row)
        if known is None:
            return None
        changed = _with(known.values, path, other)
        try:
            with working_on(f"{described(self.matrix, row)} without {join('', path)}"):
                if _as_json(self._engine.effective(changed)) == known.effective:
                    return None
                found = self._engine.render_texts(changed, self._matrix.release(row, self._release))
        except RenderError:
            return True  # the chart itself asks for it
        except HelmNestedError:
            return None
        return known.rendered.differs(found)

    def words(self, path: Path) -> Sequence[object]:
        """What the chart's schema allows at that path, if it lists it."""
        return self._engine.words(path)

    @property
    def matrix(self) -> Matrix:
        """The matrix whose rows these are."""
        return self._matrix

    def _of(self, row: Combination) -> _Rendered | None:
        if row not in self._known:
            values, release = self._matrix.values(row), self._matrix.release(row, self._release)
            try:
                with working_on(described(self._matrix, row)):
                    rendered = twice(lambda: self._engine.render_texts(values, release))
                    self._known[row] = _Rendered(values, _as_json(self._engine.effective(values)), rendered)
            except HelmNestedError:
                self._known[row] = None  # told elsewhere
        return self._known[row]


def _with(values: Values, path: Path, other: object) -> Values:
    """The values with another one there; a map that is left with nothing in it goes as well."""
    key, *below = path
    if below:
        inside = values.get(key, {})
        if not isinstance(inside, dict):
            return values
        other = _with(inside, tuple(below), other) or _ABSENT
    if other is _ABSENT:
        return {name: value for name, value in values.items() if name != key}
    return {**values, key: other}


def _as_json(values: Values) -> str:
    # To Python 1, 1.0 and true are equal.
    return json.dumps(values, sort_keys=True)


def _finding(matrix: Matrix, row: Combination, path: Path, choice: str) -> Finding:
    return Finding.of_values(
        WITHOUT_EFFECT,
        WITHOUT_EFFECT_RULE,
        join("", path),
        f"{choice} sets it, and without it, or with another value, every combination that was tried is rendered alike",
        matrix.values(row),
        matrix.release_map(row),
    )
