"""What a failed property says: what, when, how often, and the first document in which it shows itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import yaml

from helm_nested.findings.reduction import Explanation
from helm_nested.matrix.axes import Combination
from helm_nested.properties.documents import CorpusDocuments
from helm_nested.properties.selection import Selection
from helm_nested.properties.verdict import CANNOT_FILL, Group, Verdict
from nested_templates.document_path import join
from nested_templates.yaml_documents import Document

_LINES = 8
_NAMES = 6
_DOUBT = "  (not minimal yet: it fits this sample; try --helm-nested-strength all)"

# Explains a group: of the combinations that were looked at the failing ones, a bit set.
Explain = Callable[[Group, Sequence[Combination], int], Explanation]


def report(verdict: Verdict, selection: Selection, documents: CorpusDocuments, explain: Explain) -> str:
    """The text of all groups, the figures first."""
    total = len(set().union(*verdict.looked_at.values()))
    failing = len(set().union(*(group.numbers for group in verdict.groups)))
    head = (
        f"fails for {verdict.failing:,} of {verdict.documents:,} documents, "
        f"in {failing:,} of {total:,} combinations ({selection})"
    )
    parts = [
        "\n".join(_lines(number, group, verdict, documents, explain))
        for number, group in enumerate(verdict.groups, start=1)
    ]
    return "\n\n".join([head, *parts])


def _explanation(group: Group, verdict: Verdict, documents: CorpusDocuments, explain: Explain) -> Explanation:
    """Under which choices it fails, of all combinations looked at with its argument sets."""
    looked_at = set().union(*(verdict.looked_at.get(name, set()) for name in group.argument_sets))
    numbers = sorted(looked_at | group.numbers)
    rows = [documents.corpus.combinations[number] for number in numbers]
    return explain(group, rows, sum(1 << index for index, number in enumerate(numbers) if number in group.numbers))


def _lines(number: int, group: Group, verdict: Verdict, documents: CorpusDocuments, explain: Explain) -> Iterator[str]:
    explanation = _explanation(group, verdict, documents, explain)
    verb = f"{CANNOT_FILL}, so it could not be checked: " if group.trouble.place == CANNOT_FILL else ""
    more = ", and other messages of this line" if group.various else ""
    yield f"{number}. {verb}{group.trouble.message.partition(chr(10))[0]}{more}"
    doubt = _DOUBT if explanation.confirmed is False else ""
    for index, conjunction in enumerate(explanation.conjunctions):
        yield f"   {'  or' if index else 'when'}: {conjunction.text(documents.matrix)}{doubt}"
    if not explanation.conjunctions:
        yield "   when: no conjunction of up to three choices explains it"
    elif explanation.unexplained:
        yield f"         and in {explanation.unexplained:,} combinations besides that these do not explain"
    yield f"   {_count(group.documents, 'document')} in {_count(len(group.numbers), 'combination')}"
    yield f"   in:   {_some(sorted(group.slots))}"
    argument_sets = sorted(name for name in group.argument_sets if name)
    if argument_sets:
        yield f"   with: {_some(argument_sets)}"
    if group.document is not None:
        place, excerpt = _excerpt(group.document.document, group.trouble.steps)
        yield f"   first: {group.document.name}, {group.document.where}{place}"
        yield from (f"     | {line}" for line in excerpt)
    yield from (f"   {line}" for line in group.detail.splitlines())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")


def _excerpt(document: Document, steps: Sequence[str | int]) -> tuple[str, list[str]]:
    """Where the steps lead, and what stands there; if they lead nowhere, what is there instead."""
    part: object = document
    taken: list[str | int] = []
    for step in steps:
        if isinstance(part, dict) and step not in part:
            return f", {join('', taken) or 'the document'} has no {step!r} but:", [
                ", ".join(str(name) for name in part)
            ]
        if not isinstance(part, dict | list) or (isinstance(part, list) and step not in range(len(part))):
            break
        part = part[step]  # type: ignore[index]
        taken.append(step)
    shown = {taken[-1]: part} if taken and isinstance(taken[-1], str) else part
    lines = yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).splitlines()
    return f", at {join('', taken)}:" if taken else ":", [*lines[:_LINES], *(["..."] if len(lines) > _LINES else [])]
