"""A few more renders, to see whether the choices that explain a failure on a sample really make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helm_nested.errors import CannotCheckError, HelmNestedError
from helm_nested.findings.conjunction import Conjunction
from helm_nested.findings.finding import confirm
from helm_nested.matrix.axes import Combination
from helm_nested.properties.project import Project
from helm_nested.properties.selection import Selection
from helm_nested.properties.verdict import Group, Runner, alike, judge

# What a person reads of a list of conjunctions; each costs up to four renders.
_MOST = 4


class Confirmation:
    """Whether a conjunction alone makes the property fail, and none of its choices can be spared."""

    def __init__(self, project: Project, selection: Selection, run: Runner, wanted: Sequence[str]) -> None:
        self._project = project
        self._selection = selection
        self._run = run
        self._wanted = wanted
        self._done = 0

    def __call__(self, group: Group, conjunction: Conjunction) -> bool | None:
        """None if it is known without, or cannot be tried."""
        self._done += 1
        # Inside a block everything was rendered with `all`; what cannot be selected was not.
        if self._project.strength == "all" or not conjunction.choices or self._done > _MOST:
            return None
        try:
            return confirm(conjunction, self._project.matrix, lambda rows: [self._fails(group, row) for row in rows])
        except HelmNestedError:
            return None

    def _fails(self, group: Group, row: Combination) -> bool:
        documents = self._project.again(self._selected(row))
        name = group.first.argument_set.name if group.first.argument_set else None
        selection = replace(self._selection, argument_set=name or self._selection.argument_set)
        verdict = judge(self._run, self._wanted, selection, documents)
        if not verdict.documents:
            raise CannotCheckError("these choices alone lead to no document that is selected.")
        message = alike(group.trouble.message)
        return any(
            each.trouble.place == group.trouble.place and alike(each.trouble.message) == message
            for each in verdict.groups
        )

    def _selected(self, row: Combination) -> Combination:
        """The row with the choices that the selection asks for, where it has others."""
        changed = bytearray(row)
        for axis, choices in self._selection.wanted(self._project.documents):
            if changed[axis] not in choices:
                changed[axis] = choices[0]
        return bytes(changed)
