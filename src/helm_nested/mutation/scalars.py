"""Mutants of a template's scalars: each YAML value in its text, and each literal in its actions, changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from helm_nested.go_template import Action, actions
from helm_nested.mutation.lines import Lines
from helm_nested.mutation.mutant import Mutant

# Stands for each character of an action while the text around it is read.
_MASK = "\0"
_TOKEN = re.compile(
    r"""
    (?P<quoted>"(?:[^"\\\n]|\\.)*") | (?P<raw>`[^`]*`) | '(?:[^'\\\n]|\\.)*'
    | (?P<boolean>(?:true|false)(?![\w.]))
    | (?P<word>[$.A-Za-z_][\w.$]*)
    | (?P<number>[-+]?\d+(?:\.\d+)?(?!\w))
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^']|'')*'")
_BLOCK_SCALAR = re.compile(r"[|>][-+\d]*")
_COMMENT = re.compile(r"\s#.*")
_DASHES = re.compile(r"(?:-\s+)*")
# An item of a flow collection that is no key.
_FLOW_ITEM = re.compile(r'"(?:[^"\\]|\\.)*"(?!\s*:)|' + r"[^\s,:\[\]{}\"']+(?=\s*[,\]}])")
# Whose first text is the name of a template, which deleting the line tries already.
_NAMES_A_TEMPLATE = frozenset({"include", "template", "block"})
_BOOLEANS = {"true": "false", "false": "true"}

Change = tuple[int, int, str]


def scalar_mutants(template: str, text: str) -> Iterator[Mutant]:
    """Each scalar changed: text gets one more character, a number is one higher, a boolean is flipped.

    Raises:
        ChartError: the template's structure cannot be read.
    """
    lines = Lines(text)
    every = actions(text, template)
    changes = [change for action in every for change in _in_action(text, action)]
    # Notes are prose: their values stand in actions.
    if PurePosixPath(template).name != "NOTES.txt":
        changes += _in_text(text, lines, every)
    seen: dict[tuple[int, str], int] = {}
    for start, end, new in sorted(changes):
        number = lines.number(start)
        change = f"{text[start:end]} -> {new}"
        seen[(number, change)] = again = seen.get((number, change), 0) + 1
        if again > 1:
            change += f" (number {again} on the line)"
        yield Mutant(template, number, change, lines.source(number), text[:start] + new + text[end:])


def _in_action(text: str, action: Action) -> Iterator[Change]:
    if action.keyword in ("comment", "define", "end"):
        return
    offset = text.index(action.expression, action.start + 2) if action.expression else action.end
    before = action.keyword
    for token in _TOKEN.finditer(action.expression):
        start, end, said = offset + token.start(), offset + token.end(), token[0]
        if token["quoted"] or token["raw"]:
            if before not in _NAMES_A_TEMPLATE:
                yield start, end, f"{said[:-1]}x{said[-1]}"
        elif token["boolean"]:
            yield start, end, _BOOLEANS[said]
        elif token["number"]:
            yield start, end, _one_more(said)
        before = said


def _in_text(text: str, lines: Lines, every: tuple[Action, ...]) -> Iterator[Change]:
    masked = text
    for action in every:
        hidden = re.sub(r"[^\n]", _MASK, text[action.start : action.end])
        masked = masked[: action.start] + hidden + masked[action.end :]
    for _, start, end in lines:
        line = masked[start:end].rstrip()
        for first, last, new in _in_line(line):
            old = text[start + first : start + last]
            # What was hidden is put back around the change.
            yield start + first, start + last, old[:-1] + new if new in ('x"', "x'") else new.replace(_MASK, old, 1)


def _in_line(line: str) -> Iterator[Change]:
    """Changes of the values on one line; each is the offsets of a scalar and what stands there instead.

    In what stands there a mask means the old scalar.
    """
    start = len(line) - len(line.lstrip())
    body = line[start:]
    if not body or body.startswith("#"):
        return
    dashes = _DASHES.match(body)
    is_item = bool(dashes and dashes.end())
    start += dashes.end() if dashes else 0
    body = line[start:]
    key = _key_end(body)
    if key is None and not is_item and " " in body:
        return  # prose, or code inside a block scalar
    start += key or 0
    value = _without_comment(line[start:])
    start += len(value) - len(value.lstrip())
    value = value.strip()
    if not value.strip(_MASK + "\"' ") and not _QUOTED.fullmatch(value):
        return
    if _QUOTED.fullmatch(value) and value[1:-1] and not value[1:-1].strip(_MASK):
        return
    yield from _value(value, start)


def _value(value: str, start: int) -> Iterator[Change]:
    end = start + len(value)
    if _BLOCK_SCALAR.fullmatch(value):
        return
    if value[0] in "[{":
        for item in _FLOW_ITEM.finditer(value):
            if item[0].strip(_MASK):
                yield from _value(item[0], start + item.start())
    elif _QUOTED.fullmatch(value):
        yield start, end, f"x{value[-1]}"
    elif _NUMBER.fullmatch(value):
        yield start, end, _one_more(value)
    elif value in _BOOLEANS:
        yield start, end, _BOOLEANS[value]
    elif value in ("null", "~"):
        yield start, end, '"x"'
    else:
        yield start, end, f"{_MASK}x"


def _key_end(body: str) -> int | None:
    """The offset behind the colon of the line's key; None if it has none."""
    quoted = _QUOTED.match(body)
    position = body.find(":", quoted.end() if quoted else 0)
    while position >= 0:
        if position + 1 == len(body) or body[position + 1].isspace():
            return position + 1
        position = body.find(":", position + 1)
    return None


def _without_comment(value: str) -> str:
    quoted = _QUOTED.match(value.lstrip())
    skip = len(value) - len(value.lstrip()) + quoted.end() if quoted else 0
    comment = _COMMENT.search(value, skip)
    return value[: comment.start()] if comment else value


def _one_more(number: str) -> str:
    return f"{float(number) + 1:g}" if "." in number else str(int(number) + 1)
