"""The structure of a Helm template's source: its actions, and which of them open, part and close a block.

Only what the structure needs is read: where an action begins and ends, its keyword, its expression as text. What an
expression means is left to Helm. The rules are those of Go's text/template/parse (lex.go and parse.go) with the
delimiters that Helm uses.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from helm_nested.errors import ChartError

_OPEN = "{{"
_CLOSE = "}}"
# A trim marker is a minus and one white-space character; a comment follows the delimiter or the marker at once.
_START = re.compile(r"\{\{(-[ \t\r\n])?(/\*)?")
_COMMENT_END = re.compile(r"\*/(?:[ \t\r\n]-)?\}\}")
# A quoted text may not hold the end of its line, a raw one may; what is left of a quote has no end.
_PART = re.compile(
    r"""
    (?P<close>\}\})
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`
    | (?P<unterminated>["'`])
    | [^"'`}]+ | \}
    """,
    re.VERBOSE,
)
_KEYWORD = re.compile(r"(else[ \t\r\n]+(?:if|with)|if|with|range|else|end|define|block|template|break|continue)(?!\w)")
_NAME = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')
_OPENING = frozenset({"if", "with", "range", "define", "block"})
_ALTERNATIVES = {
    "if": frozenset({"else", "else if"}),
    "with": frozenset({"else", "else with"}),
    "range": frozenset({"else"}),
}


@dataclass(frozen=True)
class Action:
    """One `{{ ... }}` of a template.

    Attributes:
        start: offset of its first brace.
        end: offset behind its last brace.
        line: line of its first brace, from 1.
        keyword: "comment", or one of if, with, range, else, "else if", "else with", end, define, block, template,
            break and continue; "" for any other.
        expression: what follows the keyword, without trim markers and outer white space; of a comment its text.
    """

    start: int
    end: int
    line: int
    keyword: str
    expression: str


@dataclass(frozen=True)
class Block:
    """An if, with, range, define or block, from its opening action to its end.

    Attributes:
        opening: the action that opens it.
        alternatives: its own else, else if and else with, in order.
        end: its `{{ end }}`.
        define: the name of the define (or block) around it, as written; None outside any.
    """

    opening: Action
    alternatives: tuple[Action, ...]
    end: Action
    define: str | None


def actions(text: str, source: str = "the template") -> tuple[Action, ...]:
    """All actions of a template, in order.

    Raises:
        ChartError: an action, a comment or a quoted text has no end; the message names `source` and the line.
    """
    return tuple(_actions(text, source))


def blocks(text: str, source: str = "the template") -> tuple[Block, ...]:
    """All blocks of a template, ordered by where they open.

    Raises:
        ChartError: as `actions`, or blocks and their ends do not match; the message names `source` and the line.
    """
    found: list[Block] = []
    # Openings that have no end yet, each with its alternatives and the name of the define around it.
    pending: list[tuple[Action, list[Action], str | None]] = []
    for action in _actions(text, source):
        if action.keyword in _OPENING:
            if action.keyword == "define" and pending:
                opening = pending[-1][0]
                raise _broken(
                    source,
                    action.line,
                    f"{{{{ define }}}} stands inside the {{{{ {opening.keyword} }}}} of line {opening.line}",
                    "Close that one before",
                )
            pending.append((action, [], _define_around(pending)))
        elif action.keyword.startswith("else"):
            _add_alternative(source, action, pending)
        elif action.keyword == "end":
            if not pending:
                raise _broken(source, action.line, "{{ end }} ends nothing", "Remove it, or open a block before it")
            opening, alternatives, define = pending.pop()
            found.append(Block(opening, tuple(alternatives), action, define))
    if pending:
        opening = pending[-1][0]
        raise _broken(source, opening.line, f"{{{{ {opening.keyword} }}}} has no {{{{ end }}}}", "Add one")
    return tuple(sorted(found, key=lambda block: block.opening.start))


def _actions(text: str, source: str) -> Iterator[Action]:
    line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
    position = text.find(_OPEN)
    while position >= 0:
        line = bisect_right(line_starts, position)
        opened = _START.match(text, position)
        assert opened is not None  # noqa: S101 - it begins with the delimiter
        if opened[2]:
            closed = _COMMENT_END.search(text, opened.end())
            # Go looks for the first `*/` and wants the delimiter right behind it.
            if closed is None or text.find("*/", opened.end()) != closed.start():
                raise _broken(source, line, "a comment has no end", "Write */}} or */ -}} behind it")
            end = closed.end()
            yield Action(position, end, line, "comment", text[opened.end() : closed.start()].strip())
        else:
            end = _end_of_action(text, opened.end(), source, line)
            yield Action(position, end, line, *_keyword_and_expression(text[opened.end() : end - len(_CLOSE)]))
        position = text.find(_OPEN, end)


def _end_of_action(text: str, position: int, source: str, line: int) -> int:
    for part in _PART.finditer(text, position):
        if part["close"]:
            return part.end()
        if part["unterminated"]:
            raise _broken(source, line, f"a text in {part[0]} quotes has no end", "Close it")
    raise _broken(source, line, "an action has no end", "Write }} behind it")


def _keyword_and_expression(inside: str) -> tuple[str, str]:
    # The marker before the closing delimiter is white space and a minus.
    inside = re.sub(r"[ \t\r\n]-\Z", "", inside).strip()
    found = _KEYWORD.match(inside)
    if found is None:
        return "", inside
    return " ".join(found[1].split()), inside[found.end() :].strip()


def _define_around(pending: list[tuple[Action, list[Action], str | None]]) -> str | None:
    for opening, _, define in reversed(pending):
        if opening.keyword in ("define", "block"):
            name = _NAME.match(opening.expression)
            return (name[1] if name[1] is not None else name[2]) if name else define
    return None


def _add_alternative(source: str, action: Action, pending: list[tuple[Action, list[Action], str | None]]) -> None:
    said = f"{{{{ {action.keyword} }}}}"
    if not pending:
        raise _broken(source, action.line, f"{said} stands outside any block", "Remove it, or open a block before it")
    opening, alternatives, _ = pending[-1]
    if action.keyword not in _ALTERNATIVES.get(opening.keyword, ()):
        raise _broken(
            source,
            action.line,
            f"{said} does not fit the {{{{ {opening.keyword} }}}} of line {opening.line}",
            "Remove it",
        )
    if alternatives and alternatives[-1].keyword == "else":
        raise _broken(
            source,
            action.line,
            f"{said} follows the {{{{ else }}}} of line {alternatives[-1].line}",
            "Remove one of them",
        )
    alternatives.append(action)


def _broken(source: str, line: int, problem: str, advice: str) -> ChartError:
    return ChartError(f"{source}, line {line}: {problem}. {advice}.")
