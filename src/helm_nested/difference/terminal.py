"""A comparison for people at a terminal."""

from __future__ import annotations

from helm_nested.difference.change import Change, mark, place, title
from helm_nested.visible_text import visible

_PATHS = 8
_LINES = 16


def change_text(number: int, change: Change) -> str:
    """One change: what, when, where, how often, and what it looks like."""
    marked = mark(change)
    lines = [f"{number}. {marked}: {title(change)}" if marked else f"{number}. {title(change)}"]
    lines += [
        f"   and:  {each.path}: {each.before or '(nothing)'} -> {each.after or '(nothing)'}"
        for each in change.paths[1:_PATHS]
    ]
    if len(change.paths) > _PATHS:
        lines.append(f"         and {len(change.paths) - _PATHS} more paths")
    lines.append("   when: " + "\n         or ".join(when(change)))
    if change.where:
        lines.append(f"   in:   {place(change)}")
    excerpt = change.excerpt.splitlines()
    lines += [f"   | {line}" for line in excerpt[:_LINES]]
    if len(excerpt) > _LINES:
        lines.append(f"   | ... {len(excerpt) - _LINES} more lines (--markdown and --html have them)")
    lines.append(f"   {change.combinations:,} combinations, for example: {change.example}")
    return visible("\n".join(lines))


def when(change: Change) -> list[str]:
    """The conjunctions as people read them, and how far they can be trusted."""
    said = list(change.when) or ["(no conjunction of up to three choices explains it)"]
    if change.confirmed:
        said[-1] += "  (confirmed: it takes these choices and no others)"
    elif change.confirmed is False:
        said[-1] += "  (not minimal yet: on this sample these choices fit; try --strength all)"
    if change.unexplained and change.when:
        said.append(f"in {change.unexplained:,} combinations that these do not explain")
    return said
