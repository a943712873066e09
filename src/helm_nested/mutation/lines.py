"""Mutants of a template's lines: each line deleted, each branch taken or not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from helm_nested.errors import ChartError
from helm_nested.go_template import Action, Block, actions, blocks
from helm_nested.mutation.mutant import Mutant

_DECLARATION = re.compile(r"\$\w*(?:\s*,\s*\$\w*)?\s*:?=\s*")
_NEVER = {"with": "false", "else with": "false", "range": "list"}
_STRUCTURE = frozenset({"define", "block", "if", "else", "else if", "with", "else with", "range", "end"})


class Lines:
    """The lines of a text, by offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        if self.starts[-1] == len(text) and len(self.starts) > 1:
            self.starts.pop()

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Each line's number, from 1, and the offsets of its first character and behind its last."""
        ends = [*self.starts[1:], len(self.text)]
        return ((number, start, end) for number, (start, end) in enumerate(zip(self.starts, ends, strict=True), 1))

    def number(self, offset: int) -> int:
        """The number of the line that the offset stands in."""
        return bisect_right(self.starts, offset)

    def source(self, number: int) -> str:
        """The line with that number, without outer white space."""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].strip()


def line_mutants(template: str, text: str, left_out: Counter[str]) -> Iterator[Mutant]:
    """Each line deleted that can be, and each branch forced; `left_out` counts the lines that have no mutant, by why.

    A line that opens, parts or closes a block cannot go alone: its conditions are forced instead, `with` and `range`
    never entered, `else` emptied.

    Raises:
        ChartError: the template's structure cannot be read.
    """
    lines = Lines(text)
    every = actions(text, template)
    structure = blocks(text, template)
    inside = {
        action: block for block in structure for action in (block.opening, *block.alternatives, block.end)
    }  # fmt: skip
    for number, start, end in lines:
        here = [action for action in every if action.start < end and action.end > start]
        if not text[start:end].strip():
            left_out["blank"] += 1
        elif _is_comment(text, start, end, here):
            left_out["comment"] += 1
        elif any(_parts(action, inside[action], start, end) for action in here if action.keyword in _STRUCTURE):
            left_out["structure"] += 1
        else:
            change, changed = _without(text, lines, start, end, here)
            if changed is None:
                left_out["structure"] += 1
            else:
                yield Mutant(template, number, change, lines.source(number), changed)
    for block in structure:
        for number, change, changed in _branches(text, block):
            if changed != text:
                yield Mutant(template, number, change, lines.source(number), changed)


def _is_comment(text: str, start: int, end: int, here: Sequence[Action]) -> bool:
    """Whether nothing but comment stands on the line, be it the template's or YAML's."""
    rest = text[start:end]
    for action in here:
        if action.keyword == "comment":
            first, last = max(action.start, start) - start, min(action.end, end) - start
            rest = rest[:first] + " " * (last - first) + rest[last:]
    return not rest.strip() or rest.lstrip().startswith("#")


def _parts(action: Action, block: Block, start: int, end: int) -> bool:
    """Whether the action belongs to a block that reaches beyond the line."""
    return action.keyword in _STRUCTURE and not (block.opening.start >= start and block.end.end <= end)


def _without(text: str, lines: Lines, start: int, end: int, here: Sequence[Action]) -> tuple[str, str | None]:
    """The text without the line, or without the whole action that begins on it; None if that has no structure."""
    change = "line deleted"
    longer = next((action for action in here if action.start >= start and action.end > end), None)
    if longer is not None:
        last = lines.number(longer.end - 1)
        end = lines.starts[last] if last < len(lines.starts) else len(text)
        change = "action deleted"
    changed = text[:start] + text[end:]
    try:
        blocks(changed)
    except ChartError:
        return change, None
    return change, changed


def _branches(text: str, block: Block) -> Iterator[tuple[int, str, str]]:
    """The line, the words and the changed text for each way to force the block's branches."""
    for action in (block.opening, *block.alternatives):
        if action.keyword in ("if", "else if"):
            yield action.line, "condition true", _forced(text, action, "true")
            yield action.line, "condition false", _forced(text, action, "false")
        elif action.keyword in _NEVER:
            yield action.line, "never entered", _forced(text, action, _NEVER[action.keyword])
        elif action.keyword == "else" and text[action.end : block.end.start].strip():
            yield action.line, "else emptied", text[: action.end] + text[block.end.start :]


def _forced(text: str, action: Action, pipeline: str) -> str:
    """The action with another pipeline; what it declares is still declared, as its body may use it."""
    start = text.index(action.expression, action.start + len(action.keyword))
    declared = _DECLARATION.match(action.expression)
    if declared:
        start += declared.end()
    end = text.index(action.expression, action.start + len(action.keyword)) + len(action.expression)
    return text[:start] + pipeline + text[end:]
