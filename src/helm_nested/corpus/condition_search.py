"""Combinations that meet conditions of the templates which the observed ones do not meet.

Changes of one axis seldom show what takes many choices at once. So each condition of the chart's templates is armed,
and loses its arm when a combination meets it. From the combination that met what leads to a condition, the axes that
the condition speaks of are changed, until it is met: a long conjunction is met operand by operand.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import prod
from random import Random
from typing import TYPE_CHECKING

from helm_nested.corpus.condition_subjects import ConditionSubjects
from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import completed, with_choices
from helm_nested.template_condition import MET, Condition, armed, read_conditions

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# So many combinations of its axes are tried for a condition that no single change meets.
_TRIED = 32
_FEW_AXES = 8


class ConditionSearch:
    """Which conditions were met, by which combination first, and those that were tried."""

    def __init__(self, engine: InProcessEngine, matrix: Matrix, release: Release) -> None:
        self._engine = engine
        self._matrix = matrix
        self._release = release
        self._sources = engine.templates()
        self._read = read_conditions(self._sources)
        self._conditions = self._read.all
        self._spoken = ConditionSubjects(self._sources, self._read, matrix)
        self.met: dict[int, Combination] = {}
        self._tried: set[Combination] = set()
        self._climbed: set[tuple[Combination, frozenset[int]]] = set()
        self.is_ended = False

    def end(self) -> None:
        """Let a search that another thread is at try no more combinations: nobody wants what it finds."""
        self.is_ended = True

    @property
    def unmet(self) -> int:
        """How many conditions no combination met, though not all choices of the axes that they name were tried."""
        return sum(not self._is_exhausted(number) for number in self._frontier())

    def found(self, rows: Sequence[Combination]) -> list[Combination]:
        """The combinations that meet first what none of the rows meets, in the order in which they were found."""
        leaves = set(range(len(self._conditions))) - {
            each.parent for each in self._conditions if each.parent is not None
        }
        # What leads to a condition that is met is met as well, so few arms have to be taken off one by one.
        for wanted in (leaves, set(range(len(self._conditions)))):
            arms = _Arms(self, wanted - self.met.keys())
            for row in rows:
                self._note(arms.met_by(row), row)
        known = dict.fromkeys(self.met.values())
        self._spread(rows)
        return [row for row in dict.fromkeys(self.met.values()) if row not in known]

    def _spread(self, rows: Sequence[Combination]) -> None:
        """Go on from what was met, until nothing new is."""
        arms = _Arms(self, set(range(len(self._conditions))) - self.met.keys())
        hopeless: set[tuple[int, bool]] = set()
        while True:
            before = len(self.met)
            for thoroughly in (False, True):
                for number in self._frontier():
                    if (number, thoroughly) in hopeless or number in self.met:
                        continue
                    hopeless.add((number, thoroughly))
                    parent = self._conditions[number].parent
                    row = rows[0] if parent is None else self.met[parent]
                    if thoroughly:
                        self._climb(number, row)
                    for other in self._around(number, row, thoroughly=thoroughly):
                        if number in self.met:
                            break
                        if other not in self._tried:
                            self._tried.add(other)
                            self._note(arms.met_by(other), other)
                if len(self.met) > before:
                    break
            else:
                return

    def _frontier(self) -> list[int]:
        return [
            number
            for number, each in enumerate(self._conditions)
            if number not in self.met
            and not each.is_define  # it is met where it is included
            and (each.parent is None or each.parent in self.met)
        ]

    def _around(self, number: int, row: Combination, *, thoroughly: bool) -> Iterator[Combination]:
        axes = self._spoken.axes(number)
        if not thoroughly:
            yield from self._changed(row, axes)
            return
        choices = [range(len(self._matrix.axes[axis].choices)) for axis in axes]
        if self._is_exhausted(number):
            chosen = list(product(*choices))
        elif len(axes) <= _FEW_AXES:
            random = Random(number)  # noqa: S311 - not for secrets
            chosen = [tuple(map(random.choice, choices)) for _ in range(_TRIED)]
        else:
            return
        for each in chosen:
            yield from self._with(row, dict(zip(axes, each, strict=True)))

    def _is_exhausted(self, number: int) -> bool:
        """Whether the axes that a condition names have so few choices that all combinations of them are tried."""
        axes = self._spoken.axes(number)
        return prod(len(self._matrix.axes[axis].choices) for axis in axes) <= _TRIED

    def _changed(self, row: Combination, axes: Iterable[int]) -> Iterator[Combination]:
        for axis in axes:
            for choice in range(len(self._matrix.axes[axis].choices)):
                if choice != row[axis]:
                    yield from self._with(row, {axis: choice})

    def _with(self, row: Combination, choices: Mapping[int, int]) -> Iterator[Combination]:
        """The row with these choices; where that is not allowed others are changed too, if there are any."""
        changed = with_choices(row, list(choices), list(choices.values()))
        if self._matrix.allowed(changed):
            yield changed
        else:
            repaired = completed(self._matrix, row, choices)
            if repaired is not None:
                yield repaired

    def _climb(self, number: int, row: Combination) -> None:
        """Meet what the condition speaks of by way of variables and defines, one after another from that row.

        What no combination meets at all has its own search.
        """
        about = self._spoken.behind(number) & self.met.keys()
        if (row, frozenset(about)) in self._climbed:
            return
        self._climbed.add((row, frozenset(about)))
        arms = _Arms(self, about)
        about -= set(arms.met_by(row))
        axes = sorted({axis for each in about for axis in self._spoken.axes(each)})
        arms.add(set(range(len(self._conditions))) - self.met.keys())
        going = bool(about)
        while going:
            going = False
            for other in self._changed(row, axes):
                met = arms.met_by(other)
                self._note(met, other)
                if about & set(met):
                    about -= set(met)
                    row, going = other, bool(about)
                    break

    def _note(self, met: Iterable[int], row: Combination) -> None:
        for number in met:
            step: int | None = number
            while step is not None and step not in self.met:
                self.met[step] = row
                step = self._conditions[step].parent

    def armed(self, wanted: Iterable[int]) -> InProcessEngine:
        """The engine in which these conditions fail when they are met."""
        by_template: defaultdict[str, list[tuple[int, Condition]]] = defaultdict(list)
        for number in wanted:
            condition = self._conditions[number]
            by_template[condition.template].append((number, condition))
        return self._engine.with_templates(
            {template: armed(self._sources[template], those) for template, those in by_template.items()}
        )

    @cache  # noqa: B019 - as long as the search
    def is_acceptable(self, row: Combination) -> bool:
        """Whether Helm looks at a template with that row at all."""
        try:
            self._engine.require_acceptable(self._matrix.values(row), self._matrix.release(row, self._release))
        except HelmNestedError:
            return False  # whoever renders it as it is says so
        return True

    def met_first(self, engine: InProcessEngine, row: Combination) -> int | None:
        """The first armed condition that the row meets."""
        try:
            engine.render_bare(json.dumps(self._matrix.values(row)), self._matrix.release(row, self._release))
        except HelmNestedError as error:
            said = MET.search(str(error))
            return int(said[1]) if said else None
        return None


class _Arms:
    """Conditions that are armed, until they are met."""

    def __init__(self, search: ConditionSearch, wanted: Iterable[int]) -> None:
        self._search = search
        self.open = set(wanted)
        self._engine = search.armed(self.open)

    def add(self, wanted: Iterable[int]) -> None:
        """Arm these as well."""
        self.open |= set(wanted)
        self._engine = self._search.armed(self.open)

    def met_by(self, row: Combination) -> list[int]:
        """Those that the row meets, which are armed no more."""
        found: list[int] = []
        if self._search.is_ended or not self._search.is_acceptable(row):
            return found
        while self.open and (met := self._search.met_first(self._engine, row)) is not None and met in self.open:
            found.append(met)
            self.open.discard(met)
            self._engine = self._search.armed(self.open)
        return found
