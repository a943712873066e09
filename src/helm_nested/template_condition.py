"""The conditions of a template: the ways that its blocks can go, and the operands that `and` and `or` get to.

Each can be armed, so that Helm fails with its number as soon as it is met. As `and` and `or` evaluate an operand only
if those before it leave the result open, a long conjunction is met step by step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from helm_nested.go_template import Action, actions, blocks

_FAIL = 'fail "helm-nested met condition {}."'
MET = re.compile(r"helm-nested met condition (\d+)\.")
_BRANCHING = frozenset({"if", "with", "range"})
_OPENING = frozenset({"define", "block"})
# White space, a quoted text, a parenthesis, the pipe, an assignment; else a word.
_TOKEN = re.compile(r"""(?P<space>\s+)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|[()|]|:?=|[^\s()|"'`:=]+|:""")
_LEADS = frozenset({"(", "|", ":=", "="})
_INCLUDED = re.compile(r'(?:include|template)\s+"([^"]+)"')
_DEFINED = re.compile(r'"([^"]+)"')
_ASSIGNED = re.compile(r"(?<=set )\$\w+|\$\w+(?=\s*(?:,\s*\$\w+\s*)?:?=)")
_VARIABLE = re.compile(r"\$\w+")


@dataclass(frozen=True)
class Condition:
    """One condition.

    Attributes:
        template: the template's path in the chart.
        line: the line of the action that it stands in.
        parent: the condition that is met before this one can be, as its number in the same list.
        asked: the text that decides about it: a block's expression, or an operand.
        start: offset of the action that it stands in.
        is_define: whether it is met wherever a define is included.
        insertions: what to write, and at which offsets, so that Helm fails when it is met; {} stands for the failure.
    """

    template: str
    line: int
    parent: int | None
    asked: str
    start: int
    is_define: bool
    insertions: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class _Operand:
    """What stands behind `and` or `or`: the operand, and the one that it follows or stands in."""

    start: int
    end: int
    before: int | None


@dataclass(frozen=True)
class Assignment:
    """What a variable is set to, or is changed by, and the condition under which that stands."""

    template: str
    variable: str
    text: str
    start: int
    context: int | None


@dataclass(frozen=True)
class Define:
    """Where a define stands, from its opening to its end."""

    template: str
    start: int
    end: int


@dataclass(frozen=True)
class Conditions:
    """All conditions of a chart's templates, parents before those that they lead to, and what their texts refer to."""

    all: tuple[Condition, ...]
    assignments: tuple[Assignment, ...]
    defines: Mapping[str, Define]


def read_conditions(sources: Mapping[str, str]) -> Conditions:
    """The conditions of these templates by their paths.

    Raises:
        ChartError: a template's blocks are not balanced.
    """
    found: list[Condition] = []
    assignments: list[Assignment] = []
    defines: dict[str, Define] = {}
    for template, text in sorted(sources.items()):
        _Reader(template, text, found, assignments).read()
        for block in blocks(text, template):
            name = _DEFINED.match(block.opening.expression) if block.opening.keyword in _OPENING else None
            if name is not None:
                defines[name[1]] = Define(template, block.opening.start, block.end.end)
    return Conditions(tuple(found), tuple(assignments), defines)


def armed(text: str, wanted: Iterable[tuple[int, Condition]]) -> str:
    """The template's text in which these of its conditions fail with their numbers when they are met."""
    insertions = [
        (position, number, inserted.format(_FAIL.format(number)))
        for number, condition in wanted
        for position, inserted in condition.insertions
    ]
    parts = []
    last = 0
    for position, _, inserted in sorted(insertions, key=lambda each: (each[0], -each[1])):
        parts += [text[last:position], inserted]
        last = position
    return "".join([*parts, text[last:]])


def variables(asked: str) -> set[str]:
    """The variables that a text of a template names."""
    return set(_VARIABLE.findall(asked))


def included(asked: str) -> set[str]:
    """The defines that a text of a template includes by their written names."""
    return set(_INCLUDED.findall(asked))


@dataclass
class _Place:
    """A block: the condition that it stands under, the last of its own that was evaluated, and what that asked."""

    outside: int | None
    evaluated: int | None
    asked: str


class _Reader:
    """Reads one template from its beginning to its end."""

    def __init__(self, template: str, text: str, found: list[Condition], assignments: list[Assignment]) -> None:
        self._template = template
        self._text = text
        self._found = found
        self._assignments = assignments
        self._openings = {block.opening.start for block in blocks(text, template)}
        self._around: list[_Place] = []
        self._context: int | None = None

    def read(self) -> None:
        for action in actions(self._text, self._template):
            if action.keyword == "comment":
                continue
            for variable in _ASSIGNED.findall(action.expression):
                self._assignments.append(
                    Assignment(self._template, variable, action.expression, action.start, self._context)
                )
            if action.keyword == "end":
                self._context = self._around.pop().outside
            elif action.start in self._openings:
                self._open(action)
            elif action.keyword.startswith("else"):
                self._alternative(action)
            else:
                self._operands(action, self._context)

    def _open(self, action: Action) -> None:
        self._around.append(_Place(self._context, self._context, action.expression))
        before = self._context
        if action.keyword in _BRANCHING:
            before = self._operands(action, before)
        self._context = self._add(action, before, action.expression, (action.end, "{{{{ {} }}}}"))

    def _alternative(self, action: Action) -> None:
        place = self._around[-1]
        # An expression is evaluated where none before it held. One that sets a variable must stay as it is.
        if action.keyword != "else" and ":=" not in action.expression:
            start = self._text.rindex(action.expression, action.start, action.end)
            end = start + len(action.expression)
            place.evaluated = self._add(action, place.evaluated, place.asked, (start, "or ({}) ("), (end, ")"))
        before = self._operands(action, place.evaluated) if action.expression else place.evaluated
        self._context = self._add(action, before, action.expression or place.asked, (action.end, "{{{{ {} }}}}"))
        place.asked = action.expression

    def _operands(self, action: Action, context: int | None) -> int | None:
        """Add each operand of each `and` and `or`; the last one if all is a conjunction, else what leads to it."""
        numbers: list[int] = []
        found = list(_operands(self._text, action))
        for operand in found:
            before = context if operand.before is None else numbers[operand.before]
            asked = self._text[operand.start : operand.end]
            numbers.append(self._add(action, before, asked, (operand.end, " ({})")))
        whole = action.expression.startswith("and ") and action.expression.endswith(asked if found else " ")
        return numbers[-1] if whole else context

    def _add(self, action: Action, parent: int | None, asked: str, *insertions: tuple[int, str]) -> int:
        self._found.append(
            Condition(
                self._template,
                action.line,
                parent,
                asked,
                action.start,
                action.keyword in _OPENING,
                insertions,
            )
        )
        return len(self._found) - 1


def _operands(text: str, action: Action) -> Iterator[_Operand]:
    """The operands in the order in which they are met: those inside of an operand come before it."""
    if not action.expression:
        return
    start = text.rindex(action.expression, action.start, action.end)
    tokens = [
        (found[0], found.start(), found.end())
        for found in _TOKEN.finditer(text, start, start + len(action.expression))
        if not found["space"]
    ]
    yield from _Commands(tokens).operands()


class _Commands:
    """The commands of one expression."""

    def __init__(self, tokens: list[tuple[str, int, int]]) -> None:
        self._tokens = tokens
        self._found: list[_Operand] = []

    def operands(self) -> list[_Operand]:
        self._pipeline(0, None)
        return self._found

    def _pipeline(self, at: int, before: int | None) -> int:
        """Read from there to the parenthesis that closes it, or the end; the number of the token behind that."""
        leads = True
        chosen = False
        last = before
        while at < len(self._tokens):
            word, start, end = self._tokens[at]
            if word == ")":
                return at + 1
            if word in ("|", ":=", "="):
                leads, chosen, last = True, False, before
                at += 1
                continue
            if leads and word in ("and", "or"):
                leads, chosen = False, True
                at += 1
                continue
            leads = False
            at = self._pipeline(at + 1, last) if word == "(" else at + 1
            # (...).field is one operand.
            while at < len(self._tokens) and self._tokens[at][1] == self._tokens[at - 1][2] and self._joins(at):
                at += 1
            end = self._tokens[at - 1][2]
            if chosen:
                self._found.append(_Operand(start, end, last))
                last = len(self._found) - 1
        return at

    def _joins(self, at: int) -> bool:
        return self._tokens[at][0] not in _LEADS and self._tokens[at][0] != ")"
