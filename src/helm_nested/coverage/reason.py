"""Why a branch is not reached, said in the template: `{{- /* not reached: ... */}}`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from helm_nested.coverage.branch import Branch
from helm_nested.errors import ChartError
from helm_nested.go_template import actions, blocks

_REASON = re.compile(r"not reached:(.*)", re.DOTALL)


@dataclass(frozen=True)
class Reason:
    """One such comment.

    Attributes:
        template: the template's path in the chart.
        line: the line that it is for, with branches or a define.
        text: the reason.
        branches: the branches that it is for.
        is_for_define: whether it is for a define with all its branches.
    """

    template: str
    line: int
    text: str
    branches: tuple[Branch, ...]
    is_for_define: bool

    def explained(self, unreached: Collection[Branch]) -> list[Branch]:
        """Those of the unreached branches of this template that it explains; none if it holds no longer.

        A branch inside one that is explained is not reached for the same reason. The reason of a define says that
        nothing in it is reached, so it holds for all of it or not at all.
        """
        own = [branch for branch in self.branches if branch in unreached]
        if self.is_for_define:
            return own if len(own) == len(self.branches) else []
        return [branch for branch in unreached if any(branch.is_inside(outer.start, outer.end) for outer in own)]


def reasons(template: str, text: str, branches: Sequence[Branch]) -> tuple[Reason, ...]:
    """The template's reasons: comments that begin with `not reached:`.

    Such a comment is for the line that it ends on if a branch or a define begins there, else for the line below.

    Raises:
        ChartError: the comment gives no reason, or the template's blocks are not balanced.
    """
    defines = {block.opening.line: block for block in blocks(text, template) if block.opening.keyword == "define"}
    lines = {branch.line for branch in branches} | set(defines)
    found = []
    for action in actions(text, template):
        said = _REASON.match(action.expression) if action.keyword == "comment" else None
        if said is None:
            continue
        reason = " ".join(said[1].split())
        if not reason:
            raise ChartError(
                f"{template}, line {action.line}: the comment says 'not reached:' and gives no reason. Write one."
            )
        last = action.line + text.count("\n", action.start, action.end)
        line = last if last in lines else last + 1
        own = tuple(branch for branch in branches if branch.line == line)
        define = defines.get(line)
        if define is not None and not own:
            own = tuple(branch for branch in branches if branch.is_inside(define.opening.end, define.end.start))
        found.append(Reason(template, line, reason, own, is_for_define=define is not None))
    return tuple(found)
