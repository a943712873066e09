"""Coverage for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.coverage.measurement import Coverage, Measured
from helm_nested.coverage.reason import Reason

_HEADINGS = ("template", "branches", "reached")
# What is left of a terminal's line behind the line's number and the way.
_LONGEST = 88


def table(coverage: Coverage) -> str:
    """Each template with its figures, and below it what is open, what has a reason, and reasons that hold no longer."""
    width = max(len(name) for name in (_HEADINGS[0], *coverage.templates))
    lines = [_row(width, *_HEADINGS)]
    for template, measured in coverage.templates.items():
        reached = sum(each.reached_by is not None for each in measured)
        stale = [reason for reason in coverage.stale if reason.template == template]
        if measured or stale:
            lines.append(_row(width, template, len(measured), reached))
            lines += _remarks(measured, stale)
    return "\n".join(lines)


def summary(coverage: Coverage) -> str:
    """One line with the figures."""
    measured = coverage.measured
    reached = sum(each.reached_by is not None for each in measured)
    still_open = sum(each.is_open for each in measured)
    count = len(coverage.stale)
    stale = f", {count} {'reason holds' if count == 1 else 'reasons hold'} no longer" if count else ""
    return (
        f"{len(measured):,} branches: {reached:,} reached, {len(measured) - reached - still_open:,} with a reason, "
        f"{still_open:,} open{stale}. {coverage.inputs:,} inputs, {coverage.renders:,} renders, "
        f"{coverage.seconds:.1f} s, {coverage.engine}{_left_out(coverage.left_out)}"
    )


def _left_out(number: int) -> str:
    """What nothing is said of: a chart whose branches are all in subcharts would be reached in full."""
    if not number:
        return ""
    return f". Left out: {number:,} {'template' if number == 1 else 'templates'} of subcharts"


def _row(width: int, template: str, branches: str | int, reached: str | int) -> str:
    return f"{template:<{width}}  {branches:>8}  {reached:>7}"


def _remarks(measured: tuple[Measured, ...], stale: list[Reason]) -> Iterator[str]:
    for each in measured:
        branch = each.branch
        if each.is_open:
            yield f"  open, line {branch.line}, {branch.way}: {_shortened(branch.source)}"
        elif each.reached_by is None:
            yield f"  with a reason, line {branch.line}, {branch.way}: {each.reason}"
    for reason in stale:
        if not reason.branches:
            said = "no branch begins there"
        elif reason.is_for_define:
            said = "some branch of this define is reached"
        else:
            said = "the branch is reached"
        yield f"  remove the reason for line {reason.line}, {said}: {_shortened(reason.text)}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
