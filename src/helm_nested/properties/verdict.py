"""A property run over every selected document, and what fails, alike failures as one group."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from helm_nested.errors import DocumentError, FillError
from helm_nested.properties.bundle import Choices, CorpusBundle, Reading, ReadValues
from helm_nested.properties.documents import CorpusDocument, CorpusDocuments, Text
from helm_nested.properties.selection import Selection
from nested_templates.contract import ArgumentSet

# What a property may ask for.
PARAMETERS = ("document", "bundle", "arguments", "choices", "values", "release")
CANNOT_FILL = "cannot be filled"

# So many different messages of one line are told one by one; what it says besides is told together.
_MANY = 20
_VALUE = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\b(?:None|True|False)\b""")
_NUMBERED = re.compile(r"\S*\d\S*")
_BRACKETS = re.compile(r"\[[^][{}()\n]*\]|\{[^][{}()\n]*\}|\([^][{}()\n]*\)")


@dataclass(frozen=True)
class Trouble:
    """What a test runner says of one failure: where in the test it was raised, its message, and all of it for people.

    `steps` is the path in the document that the failing statement looks at, as far as it shows.
    """

    place: str
    message: str
    detail: Callable[[], str]
    steps: Sequence[str | int] = ()


class Runner(Protocol):
    """How a test runner runs a property once."""

    def __call__(self, arguments: dict[str, Any]) -> Trouble | None:
        """Run it with these arguments; None if it holds, or does not apply."""


@dataclass
class Group:
    """Failures that are one and the same, up to values; or, `various`, all that one line says besides the others."""

    trouble: Trouble
    detail: str
    first: Text
    document: CorpusDocument | None
    numbers: set[int] = field(default_factory=set)
    documents: int = 0
    slots: set[str] = field(default_factory=set)
    # None stands for what the release installs.
    argument_sets: set[str | None] = field(default_factory=set)
    various: bool = False

    def add(self, text: Text, numbers: Sequence[int]) -> None:
        """One more document for which it fails, in these combinations."""
        self.documents += 1
        self.numbers.update(numbers)
        self.slots.add(text.slot.name)
        self.argument_sets.add(text.argument_set.name if text.argument_set else None)


@dataclass
class Verdict:
    """What came of a property: its groups of failures, and what was looked at."""

    groups: list[Group] = field(default_factory=list)
    documents: int = 0
    failing: int = 0
    # The combinations looked at with each argument set, None for what the release installs.
    looked_at: dict[str | None, set[int]] = field(default_factory=dict)


def judge(run: Runner, wanted: Sequence[str], selection: Selection, documents: CorpusDocuments) -> Verdict:
    """Run the property over every distinct document that is selected, with each bundle that could make a difference."""
    verdict = Verdict()
    groups: dict[tuple[str, str], Group] = {}
    for text in selection.texts(documents):
        name = text.argument_set.name if text.argument_set else None
        try:
            found = selection.among(documents.of(text))
        except (FillError, DocumentError) as error:
            message = str(error)
            trouble = Trouble(CANNOT_FILL, message, lambda message=message: message)  # type: ignore[misc]
            _group(groups, trouble, text, None).add(text, text.combinations)
            verdict.documents += 1
            verdict.failing += 1
            verdict.looked_at.setdefault(name, set()).update(text.combinations)
            continue
        for document in found:
            verdict.documents += 1
            verdict.looked_at.setdefault(name, set()).update(text.combinations)
            by_group: dict[int, tuple[Group, list[int]]] = {}
            for trouble, numbers in _troubles(run, wanted, document, documents):
                group = _group(groups, trouble, text, document)
                by_group.setdefault(id(group), (group, []))[1].extend(numbers)
            for group, numbers in by_group.values():
                group.add(text, numbers)
            verdict.failing += bool(by_group)
    verdict.groups = list({id(group): group for group in groups.values()}.values())
    return verdict


def _troubles(
    run: Runner, wanted: Sequence[str], document: CorpusDocument, documents: CorpusDocuments
) -> Iterator[tuple[Trouble, Sequence[int]]]:
    """What fails for one document, and the combinations in which it does."""
    text = document.text
    if wanted == ["document"] or (text.argument_set and not {"bundle", "choices", "values", "release"} & set(wanted)):
        arguments = {"document": document.document}
        if text.argument_set and "arguments" in wanted:
            arguments["arguments"] = dict(text.argument_set.arguments)
        trouble = run(arguments)
        if trouble:
            yield trouble, text.combinations
        return
    known: list[tuple[Reading, Trouble | None, list[int]]] = []
    # What the release installs goes with every argument set.
    sets: Sequence[ArgumentSet] = [text.argument_set] if text.argument_set else documents.sets(text.combinations)
    for argument_set in sets:
        left = text.combinations
        for reading, _, numbers in known:
            left = _without(left, numbers, reading.alike(left, argument_set))
        while left:
            reading = Reading(documents, left[0], argument_set)
            fresh = documents.of(text)[document.position].document
            trouble = run(_arguments(wanted, fresh, reading))
            known.append((reading, trouble, []))
            left = _without(left, known[-1][2], reading.alike(left, argument_set))
    for _, trouble, numbers in known:
        if trouble:
            yield trouble, numbers


def _without(numbers: Sequence[int], taken: list[int], same: Sequence[int]) -> Sequence[int]:
    """The numbers without those that are the same, which are taken."""
    taken.extend(same)
    if len(same) == len(numbers):
        return ()
    gone = frozenset(same)
    return [number for number in numbers if number not in gone]


def _arguments(wanted: Sequence[str], document: object, reading: Reading) -> dict[str, Any]:
    given: dict[str, Any] = {"document": document}
    if "bundle" in wanted:
        given["bundle"] = CorpusBundle(reading, [reading.number])
    if "choices" in wanted:
        given["choices"] = Choices(reading)
    if "values" in wanted:
        given["values"] = ReadValues(reading)
    if "release" in wanted:
        given["release"] = reading.release()
    if "arguments" in wanted:
        given["arguments"] = dict(reading.argument_set().arguments)
    return given


def alike(message: str) -> str:
    """The first line of a message without its values: what is quoted, in brackets, or has a digit."""
    line = _VALUE.sub("*", message.partition("\n")[0])
    while (shorter := _BRACKETS.sub("*", line)) != line:
        line = shorter
    return _NUMBERED.sub("*", line)


def _group(
    groups: dict[tuple[str, str], Group], trouble: Trouble, text: Text, document: CorpusDocument | None
) -> Group:
    key = (trouble.place, alike(trouble.message))
    if key not in groups:
        is_more = sum(place == trouble.place for place, _ in groups) >= _MANY
        besides = (trouble.place, "")
        if is_more and besides in groups:
            groups[key] = groups[besides]
        else:
            groups[key] = Group(trouble, trouble.detail(), text, document, various=is_more)
            if is_more:
                groups[besides] = groups[key]
    return groups[key]
