"""A finding: what failed, when, how often, and how to see it again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helm_nested.corpus import Corpus
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.findings.failure import BUNDLE, REFUSALS, FailureGroup, slot_of
from helm_nested.findings.reduction import Explanation, Fails
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import with_choices
from nested_templates.document_path import PathError, Step, parse

_LINES = 6
_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the chart."""

    checks: tuple[str, ...]
    rule: str
    path: str
    message: str
    keys: tuple[str, ...]
    argument_sets: tuple[str, ...]
    when: tuple[str, ...]
    confirmed: bool | None
    combinations: int
    unexplained: int
    excerpt: str
    values: Mapping[str, Any]
    # What the release must be like, where it is not the configured one.
    release: ReleaseMap = field(default_factory=dict)
    # What to do, or the nearest known name; no part of the identity.
    advice: str = ""

    @property
    def identity(self) -> str:
        """What stays the same from run to run: by this a baseline knows it."""
        return " | ".join([",".join(self.checks), self.path, ",".join(self.keys), self.message])

    @property
    def is_of_file(self) -> bool:
        """Whether it is of a file that Helm installs as it is: no combination renders it, so none shows it again."""
        return self.combinations == 0

    @classmethod
    def of_values(
        cls,
        check: str,
        rule: str,
        path: str,
        message: str,
        values: Mapping[str, Any],
        release: ReleaseMap | None = None,
    ) -> Finding:
        """What is wrong with one set of values (and one release), whatever the combination and the template."""
        return cls(
            checks=(check,),
            rule=rule,
            path=path,
            message=message,
            keys=(),
            argument_sets=(),
            when=("always",),
            confirmed=None,
            combinations=1,
            unexplained=0,
            excerpt="",
            values=values,
            release=release or {},
        )


def of_file(group: FailureGroup, file: str, text: str, rules: Mapping[str, str]) -> Finding:
    """What is wrong with a file of the chart that Helm installs as it is: no combination has to do with it."""
    return Finding(
        tuple(group.checks),
        rules.get(group.checks[0], ""),
        group.problem.path,
        group.problem.message,
        (file,),
        (),
        ("always",),
        None,
        0,
        0,
        _lines(group.problem.path, text),
        {},
        {},
        group.problem.advice,
    )


def explained(
    group: FailureGroup,
    failing: int,
    corpus: Corpus,
    matrix: Matrix,
    explanation: Explanation,
    rules: Mapping[str, str],
    fails: Fails,
    and_with: str = "",
) -> Finding:
    """The finding that a group of failures is; `failing` is the bit set of the combinations that are explained.

    What reproduces it was rendered and failed, in the run or by `fails`. `and_with` names the argument sets that it
    takes besides the choices, where others do not show it.
    """
    return Finding(
        tuple(group.checks),
        rules.get(group.checks[0], ""),
        group.problem.path,
        group.problem.message,
        tuple(group.slots),
        tuple(group.argument_sets),
        tuple(f"{each.text(matrix)}{and_with}" for each in explanation.conjunctions),
        explanation.confirmed,
        failing.bit_count(),
        explanation.unexplained,
        _excerpt(group, corpus),
        matrix.values(shown := _shown(explanation, corpus, matrix, failing, fails)),
        matrix.release_map(shown),
        group.problem.advice,
    )


def _shown(explanation: Explanation, corpus: Corpus, matrix: Matrix, failing: int, fails: Fails) -> Combination:
    """A combination that fails, with as few choices as can be beside those that it takes."""
    if explanation.example is not None:
        return explanation.example
    if explanation.conjunctions:
        choices = dict(explanation.conjunctions[0].choices)
        alone = with_choices(bytes(len(matrix.axes)), list(choices), list(choices.values()))
        if matrix.allowed(alone) and fails([alone])[0]:
            return alone
    return corpus.combinations[(failing & -failing).bit_length() - 1]


def _excerpt(group: FailureGroup, corpus: Corpus) -> str:
    """The lines of the text around the last step of the path that can be found in it."""
    place = group.places[0]
    if place.slot in (BUNDLE, REFUSALS):
        return ""
    return _lines(group.problem.path, slot_of(place.slot, corpus).texts[place.identity - 1])


def _lines(path: str, text: str) -> str:
    lines = text.splitlines()
    line = _LINE.fullmatch(path)
    number = int(line[1]) - 1 if line else _line_of(_steps(path), lines)
    return "\n".join(
        f"{index + 1:>4}  {lines[index]}" for index in range(max(0, number - 1), min(len(lines), number + _LINES - 1))
    )


def _steps(path: str) -> Sequence[Step]:
    try:
        return parse(path)
    except PathError:
        return ()  # a check says in other words where it is


def _line_of(steps: Sequence[Step], lines: Sequence[str]) -> int:
    """The line where the path leads, as far as its steps are found one after the other."""
    number = 0
    for step in steps:
        reached = _item(step, number, lines) if isinstance(step, int) else _key(str(step), number, lines)
        if reached is None:
            break
        number = reached
    return number


def _key(step: str, start: int, lines: Sequence[str]) -> int | None:
    """The next line with that key, the line of the item that is looked into among them."""
    for number in range(start, len(lines)):
        text = lines[number].strip().removeprefix("- ").lstrip('"')
        if text.startswith((f"{step}:", f'{step}":')):
            return number
    return None


def _item(index: int, start: int, lines: Sequence[str]) -> int | None:
    """The line where an item of the list begins whose first item is the next one below `start`."""
    indent = None
    for number in range(start + 1, len(lines)):
        text = lines[number].lstrip()
        depth = len(lines[number]) - len(text)
        if indent is None and text.startswith("- "):
            indent = depth
        if indent is not None and text and depth < indent:
            return None
        if depth == indent and text.startswith("-"):
            if index == 0:
                return number
            index -= 1
    return None
