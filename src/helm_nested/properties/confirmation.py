"""More renders, to see which choices it takes to make a property fail that fails on a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helm_nested.errors import HelmNestedError
from helm_nested.findings.reduction import Explanation, Rows
from helm_nested.matrix.axes import Combination
from helm_nested.properties.project import Project
from helm_nested.properties.selection import Selection
from helm_nested.properties.verdict import Group, Runner, alike, judge

# What a person reads of a list of failures.
_MOST = 20


class Confirmation:
    """Explains the failures of one property."""

    def __init__(self, project: Project, selection: Selection, run: Runner, wanted: Sequence[str]) -> None:
        self._project = project
        self._selection = selection
        self._run = run
        self._wanted = wanted
        self._done = 0

    def __call__(self, group: Group, rows: Sequence[Combination], failing: int) -> Explanation:
        """The explanation of the failing ones, a bit set, of those combinations that were looked at."""
        looked_at = Rows(self._project.matrix, rows)
        if self._project.strength == "all":
            return looked_at.explain(failing)  # inside a block everything was rendered
        self._done += 1
        if self._done > _MOST:
            return looked_at.explain_sample(failing, None)
        return looked_at.explain_sample(failing, lambda more: [self._fails(group, row) for row in more])

    def _fails(self, group: Group, row: Combination) -> bool:
        selected = self._selected(row)
        if not self._project.matrix.allowed(selected):
            return False
        try:
            documents = self._project.again(selected)
            name = group.first.argument_set.name if group.first.argument_set else None
            selection = replace(self._selection, argument_set=name or self._selection.argument_set)
            verdict = judge(self._run, self._wanted, selection, documents)
        except HelmNestedError:
            return False
        message = alike(group.trouble.message)
        return any(
            each.trouble.place == group.trouble.place and (group.various or alike(each.trouble.message) == message)
            for each in verdict.groups
        )

    def _selected(self, row: Combination) -> Combination:
        """The row with the choices that the selection asks for, where it has others."""
        changed = bytearray(row)
        for axis, choices in self._selection.wanted(self._project.documents):
            if changed[axis] not in choices:
                changed[axis] = choices[0]
        return bytes(changed)
