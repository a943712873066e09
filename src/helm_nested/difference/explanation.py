"""Under which choices a change or a refusal happens; on a sample a few more combinations are rendered to be sure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, get_args

from helm_nested.bit_set import bit_set
from helm_nested.chart import Chart
from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.difference.change import Change, ChangedPath
from helm_nested.difference.collection import Entry, restarts
from helm_nested.difference.comparer import Comparer
from helm_nested.difference.edit import Edit, written
from helm_nested.difference.excerpt import excerpt, short
from helm_nested.difference.filled import Filling
from helm_nested.difference.pairing import label
from helm_nested.difference.update import Updates
from helm_nested.engine import open_in_process
from helm_nested.findings.reduction import Explanation, Rows
from helm_nested.matrix.axes import Combination, Matrix

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# So many different refusals are told apart; more are one with many messages.
_MANY = 4
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")

Refused = Literal["refused", "accepted"]
_REFUSED: tuple[Refused, ...] = get_args(Refused)


@dataclass(frozen=True)
class Version:
    """One of the two versions: its chart, and what people call it."""

    chart: Chart
    name: str


@dataclass(frozen=True)
class Again:
    """Extra combinations rendered with both versions, to see whether a change shows itself in them."""

    configuration: Configuration
    matrix: Matrix
    base: Version
    head: Version
    filling: Filling

    def shows(self, entry: Entry, rows: Sequence[Combination]) -> list[bool]:
        """For each row, whether one of its edits is made in it, in one of the same places."""
        found = []
        for row in rows:
            corpora = [self._corpus(engine, row) for engine in self._engines]
            if any(corpus.refusals.texts for corpus in corpora):
                found.append(False)
                continue
            comparer = Comparer(corpora[0], corpora[1], [0], self.filling)
            found.append(any(_is_part_of(each, entry) for each in comparer.compare().entries()))
        return found

    def refuses(self, what: Refused, said: set[str], rows: Sequence[Combination]) -> list[bool]:
        """For each row, whether one version alone refuses it, in words like these."""
        found = []
        for row in rows:
            refusing, accepting = _sides(what, *(self._corpus(engine, row) for engine in self._engines))
            texts = refusing.refusals.texts
            found.append(bool(texts) and _alike(texts[0]) in said and not accepting.refusals.texts)
        return found

    @cached_property
    def _engines(self) -> tuple[InProcessEngine, InProcessEngine]:
        return open_in_process(self.base.chart), open_in_process(self.head.chart)

    def _corpus(self, engine: InProcessEngine, row: Combination) -> Corpus:
        configuration = self.configuration
        return build_corpus(
            engine, self.matrix, [row], configuration.release, configuration.selectors, keep_refused=True
        )


def _is_part_of(seen: Entry, entry: Entry) -> bool:
    """Whether what was seen in one combination is what an entry says."""
    if set(seen.places).isdisjoint(entry.places) or bool(seen.edits) != bool(entry.edits):
        return False
    known = {_identity(edit, entry) for edit in entry.edits}
    return not entry.edits or any(_identity(edit, entry) in known for edit in seen.edits)


def _identity(edit: Edit, entry: Entry) -> tuple[object, ...]:
    # The contents of whole documents, and where there are many values the values, are not what tells edits apart.
    alike = not edit.path or edit.path in entry.various
    return edit.path, edit.status, None if alike else (repr(edit.before), repr(edit.after))


class Explainer:
    """The combinations that were compared, and which choices lead to a change among them."""

    def __init__(self, matrix: Matrix, rows: Sequence[Combination], again: Again | None, updates: Updates) -> None:
        self._matrix = matrix
        self._rows = rows
        self._again = again
        self._updates = updates
        self._looked_at = Rows(matrix, rows)

    def changes(self, entry: Entry) -> Iterator[Change]:
        """The change that an entry is, or the two: Kubernetes may reject it in some objects only."""
        for part, rejected in self._updates.judged(entry):
            yield self._change(part, rejected)

    def _change(self, entry: Entry, rejected: tuple[str, ...]) -> Change:
        explanation = self._explanation(entry)
        row = self._rows[entry.example.position]
        filled_with = f", filled with {entry.example.argument_set}" if entry.example.argument_set else ""
        whole = [edit for edit in entry.edits if not edit.path]
        return Change(
            what="text" if not entry.edits else whole[0].status if whole else "changed",
            restarts=not rejected and any(restarts(place.kind, edit) for place in entry.places for edit in entry.edits),
            kinds=tuple(dict.fromkeys(place.kind for place in entry.places)),
            where=tuple(dict.fromkeys(place.name for place in entry.places)),
            names=tuple(
                dict.fromkeys(
                    label(each) for edit in whole for each in (edit.before, edit.after) if isinstance(each, dict)
                )
            ),
            paths=tuple(_paths(entry)),
            when=tuple(each.text(self._matrix) for each in explanation.conjunctions),
            confirmed=explanation.confirmed,
            combinations=entry.bits.bit_count(),
            unexplained=explanation.unexplained,
            message="",
            excerpt=excerpt(entry),
            example=named(self._matrix, row) + filled_with,
            rejected=rejected,
        )

    def _explanation(self, entry: Entry) -> Explanation:
        again = self._again
        if again is None:
            return self._looked_at.explain(entry.bits)
        return self._looked_at.explain_sample(entry.bits, partial(again.shows, entry))


def _paths(entry: Entry) -> Iterator[ChangedPath]:
    """Each path once, with the first of its values."""
    seen = set()
    for edit in entry.edits:
        if edit.path and edit.path not in seen:
            seen.add(edit.path)
            before, after = short(edit.before), short(edit.after)
            if edit.path in entry.various:
                before, after = (f"{each} (and other values)" if each else "" for each in (before, after))
            yield ChangedPath(written(edit.path), before, after)


def refusals(matrix: Matrix, before: Corpus, after: Corpus, again: Again | None) -> Iterator[Change]:
    """What one version refuses and the other does not, by what is said."""
    for what in _REFUSED:
        refusing, accepting = _sides(what, before, after)
        numbers = [number for number, other in enumerate(accepting.refusals.ids) if other == ABSENT]
        positions: dict[str, list[int]] = {}
        for position, number in enumerate(numbers):
            identity = refusing.refusals.ids[number]
            if identity != ABSENT:
                positions.setdefault(refusing.refusals.texts[identity - 1], []).append(position)
        groups: dict[str, list[str]] = {}
        for text in positions:
            groups.setdefault(_alike(text), []).append(text)
        if len(groups) > _MANY:
            groups = {"": list(positions)}
        rows = [before.combinations[number] for number in numbers]
        looked_at = Rows(matrix, rows)
        for texts in groups.values():
            bits = bit_set((position for text in texts for position in positions[text]), len(rows))
            if again is None:
                explanation = looked_at.explain(bits)
            else:
                explanation = looked_at.explain_sample(bits, partial(again.refuses, what, set(map(_alike, texts))))
            more = f" (and {len(texts) - 1} more messages)" if len(texts) > 1 else ""
            yield Change(
                what=what,
                restarts=False,
                kinds=(),
                where=(),
                names=(),
                paths=(),
                when=tuple(each.text(matrix) for each in explanation.conjunctions),
                confirmed=explanation.confirmed,
                combinations=bits.bit_count(),
                unexplained=explanation.unexplained,
                message=f"{first_line(texts[0])}{more}",
                excerpt="",
                example=named(matrix, rows[positions[texts[0]][0]]),
            )


def _sides(what: Refused, before: Corpus, after: Corpus) -> tuple[Corpus, Corpus]:
    """The corpus that refuses, and the one that accepts."""
    return (after, before) if what == "refused" else (before, after)


def _alike(message: str) -> str:
    """A message without the values it names."""
    return _VALUE.sub("*", message)


def first_line(message: str) -> str:
    """What a refusal says first; who says it stands in a line of its own."""
    said, _, rest = message.partition("\n")
    return f"{said} {rest.splitlines()[0].strip()}" if said.endswith(":") and rest else said


def named(matrix: Matrix, row: Combination) -> str:
    """A combination by those of its choices that are not their axis's first."""
    special = [
        f"{axis.name}={axis.choices[choice].name}" for axis, choice in zip(matrix.axes, row, strict=True) if choice
    ]
    return ", ".join(special) or "all first choices"
