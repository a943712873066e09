"""The branches of a template: every way that an if, a with or a range can go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from helm_nested.go_template import Action, Block, blocks

_WAYS = {
    "if": ("taken", "not taken"),
    "with": ("not empty", "empty"),
    "range": ("some elements", "no elements"),
}
# `list` and `dict` with an argument are never empty; a pipe behind them could make them so.
_WRITTEN_OUT = re.compile(r"(?:\$\w*\s*(?:,\s*\$\w*\s*)?:?=\s*)?(?:list|dict)\s[^|]*")
_TEXT = re.compile(r"""\"(?:[^"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_INNERMOST = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Branch:
    """One way that a block can go.

    Attributes:
        template: the template's path in the chart.
        line: of the action that leads here; where no `{{ else }}` is written, of the block's opening.
        source: that line, without outer white space.
        way: which way: taken, not taken, not empty, empty, some elements, no elements.
        start: offset where the branch begins: behind its action, or at the block's end if no `{{ else }}` is written.
        end: offset where it ends.
        opening: what must be written at `start` before anything can stand there: an else, or nothing.
    """

    template: str
    line: int
    source: str
    way: str
    start: int
    end: int
    opening: str

    def is_inside(self, start: int, end: int) -> bool:
        """Whether all of it stands between these offsets."""
        return start <= self.start and self.end <= end


def branches(template: str, text: str) -> tuple[Branch, ...]:
    """All branches of a template, in the order of their lines.

    Those of if, with and range, also where no else is written; but a range over a list or a dict that is written out
    has elements, so that it has none is no branch. `and`, `or`, `ternary` and `default` choose a value and no text, so
    they are none either.

    Raises:
        ChartError: the template's blocks are not balanced.
    """
    lines = text.split("\n")
    found = [
        Branch(template, line, lines[line - 1].strip(), way, start, end, opening)
        for block in blocks(text, template)
        if block.opening.keyword in _WAYS
        for line, way, start, end, opening in _ways(block, text)
    ]
    return tuple(sorted(found, key=lambda branch: branch.line))


def marked(text: str, marks: Mapping[Branch, str]) -> str:
    """The template's text in which each of these branches fails at its beginning, with its mark as the message."""
    parts = []
    position = 0
    # Where two begin at one place, one of them is the else of the other, which is empty.
    for branch in sorted(marks, key=lambda branch: (branch.start, bool(branch.opening))):
        parts += [text[position : branch.start], branch.opening, f'{{{{ fail "{marks[branch]}" }}}}']
        position = branch.start
    return "".join([*parts, text[position:]])


def _ways(block: Block, text: str) -> Iterator[tuple[int, str, int, int, str]]:
    """Line, way, start, end and opening of each way through the block."""
    first, otherwise = _WAYS[block.opening.keyword]
    steps: list[Action] = [block.opening, *block.alternatives]
    ends = [step.start for step in (*block.alternatives, block.end)]
    for step, end in zip(steps, ends, strict=True):
        # The else of an if is a branch of its own line; that of a with or a range is the other way of the block.
        way = otherwise if step.keyword == "else" and block.opening.keyword != "if" else first
        yield step.line, way, step.end, end, ""
    if steps[-1].keyword != "else" and not _has_elements(block):
        # The else trims what the end did, or the text before it would change.
        trims = re.match(r"\{\{-[ \t\r\n]", text[block.end.start :]) is not None
        yield block.opening.line, otherwise, block.end.start, block.end.start, "{{- else }}" if trims else "{{ else }}"


def _has_elements(block: Block) -> bool:
    """Whether this is a range over a list or a dict that is written out."""
    if block.opening.keyword != "range":
        return False
    before, expression = "", _TEXT.sub('""', block.opening.expression)
    while before != expression:
        before, expression = expression, _INNERMOST.sub("_", expression)
    return _WRITTEN_OUT.fullmatch(expression) is not None
