"""One comparison: two charts -> two corpora -> what differs -> under which choices."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from helm_nested.chart import Chart
from helm_nested.configuration import Configuration
from helm_nested.contract import load_argument_sets, load_contract, primary_sets
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.corpus.corpus import ABSENT
from helm_nested.corpus.store import load_or_build
from helm_nested.difference.change import Change, ChangedPath, Comparison
from helm_nested.difference.collection import Entry, bit_set, restarts
from helm_nested.difference.comparer import Comparer, Filling
from helm_nested.difference.edit import Edit, written
from helm_nested.difference.excerpt import excerpt, short
from helm_nested.difference.pairing import label
from helm_nested.encoder import ENCODERS
from helm_nested.engine import open_in_process
from helm_nested.errors import CannotCheckError
from helm_nested.findings.conjunction import Conjunction, bit_sets, explain
from helm_nested.findings.finding import confirm
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# So many different refusals are told apart; more are one with many messages.
_MANY = 4
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Version:
    """One of the two versions: its chart, and what people call it."""

    chart: Chart
    name: str


def run(
    configuration: Configuration,
    base: Version,
    head: Version,
    strength: Strength,
    progress: Progress = lambda _phase, _done, _total: None,
) -> Comparison:
    """Render the matrix with both charts, and say what differs and when; both get the same values and arguments.

    `progress` is told the phase, how much of it is done, and how much there is.

    Raises:
        ConfigurationError: there is no matrix.
        CannotCheckError: something could not be rendered or read, or no combination is accepted by both.
    """
    started = time.perf_counter()
    corpora = []
    for version in (base, head):
        matrix, corpus = load_or_build(
            configuration,
            version.chart,
            strength,
            lambda done, total, name=version.name: progress(f"rendering {name}", done, total),  # type: ignore[misc]
            keep_refused=True,
        )
        corpora.append(corpus)
    before, after = corpora
    if list(before.combinations) != list(after.combinations):
        raise CannotCheckError("the matrix changed while it was read. Run the same command again.")
    contract = load_contract(configuration.contract)
    sets = load_argument_sets(configuration.argument_sets, contract)
    filling = Filling(
        contract,
        ENCODERS[configuration.encoder],
        primary_sets(list(dict.fromkeys([*before.templates, *after.templates])), sets),
        sets,
    )
    refused = [(old != ABSENT, new != ABSENT) for old, new in zip(before.refusals.ids, after.refusals.ids, strict=True)]
    numbers = [number for number, each in enumerate(refused) if each == (False, False)]
    if not numbers:
        raise CannotCheckError(
            f"no combination is accepted by both versions, so nothing was compared. {base.name}: "
            f"{_first_refusal(before)}. {head.name}: {_first_refusal(after)}. Correct the chart, or the matrix."
        )
    found = Comparer(before, after, numbers, filling, configuration.selectors).compare(
        lambda done, total: progress("comparing", done, total)
    )
    explainer = _Explainer(
        matrix, [before.combinations[number] for number in numbers],
        _Again(configuration, matrix, base, head, filling) if strength != "all" else None,
    )  # fmt: skip
    changes = [explainer.change(entry) for entry in found.entries()]
    changes += _refusals(matrix, before, after)
    return Comparison(
        chart=head.chart.name,
        base=base.name,
        head=head.name,
        strength=strength,
        combinations=len(before.combinations),
        compared=len(numbers),
        refused_by_both=refused.count((True, True)),
        texts=sum(
            len({slot.ids[number] for number in numbers} - {ABSENT})
            for slots in (after.manifests, after.templates)
            for slot in slots.values()
        ),
        changes=tuple(sorted(changes, key=_weight)),
        seconds=time.perf_counter() - started,
        engine=after.engine,
    )


def _weight(change: Change) -> tuple[int, int]:
    """What a reviewer wants to see first: what restarts pods, what is refused now; what is only text last."""
    order = ("refused", "removed", "changed", "added", "accepted", "text")
    return (-1 if change.restarts else order.index(change.what), -change.combinations)


@dataclass(frozen=True)
class _Again:
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
            comparer = Comparer(corpora[0], corpora[1], [0], self.filling, self.configuration.selectors)
            found.append(any(_is_part_of(each, entry) for each in comparer.compare().entries()))
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


class _Explainer:
    """The combinations that were compared, and which choices lead to a change among them."""

    def __init__(self, matrix: Matrix, rows: Sequence[Combination], again: _Again | None) -> None:
        self._matrix = matrix
        self._rows = rows
        self._again = again

    @cached_property
    def _sets(self) -> dict[tuple[int, int], int]:
        return bit_sets(self._matrix, self._rows)

    def change(self, entry: Entry) -> Change:
        """The change that an entry is."""
        conjunctions, unexplained = explain(self._sets, len(self._rows), entry.bits)
        row = self._rows[entry.example.position]
        filled_with = f", filled with {entry.example.argument_set}" if entry.example.argument_set else ""
        whole = [edit for edit in entry.edits if not edit.path]
        return Change(
            what="text" if not entry.edits else whole[0].status if whole else "changed",
            restarts=any(restarts(place.kind, edit) for place in entry.places for edit in entry.edits),
            kinds=tuple(dict.fromkeys(place.kind for place in entry.places)),
            where=tuple(dict.fromkeys(place.name for place in entry.places)),
            names=tuple(
                dict.fromkeys(
                    label(each) for edit in whole for each in (edit.before, edit.after) if isinstance(each, dict)
                )
            ),
            paths=tuple(_paths(entry)),
            when=tuple(each.text(self._matrix) for each in conjunctions),
            confirmed=self._confirmed(entry, conjunctions),
            combinations=entry.bits.bit_count(),
            unexplained=unexplained,
            message="",
            excerpt=excerpt(entry),
            example=named(self._matrix, row) + filled_with,
        )

    def _confirmed(self, entry: Entry, conjunctions: Sequence[Conjunction]) -> bool | None:
        again = self._again
        if again is None or not conjunctions:
            return None
        told = [confirm(each, self._matrix, lambda rows: again.shows(entry, rows)) for each in conjunctions]
        return None if None in told else all(told)


def _paths(entry: Entry) -> Iterator[ChangedPath]:
    """Each path once, with the first of its values."""
    seen = set()
    for edit in entry.edits:
        if edit.path and edit.path not in seen:
            seen.add(edit.path)
            others = " (and other values)" if edit.path in entry.various else ""
            yield ChangedPath(written(edit.path), short(edit.before), short(edit.after) + others)


def _refusals(matrix: Matrix, before: Corpus, after: Corpus) -> Iterator[Change]:
    """What one version refuses and the other does not, by what is said."""
    for refusing, accepting, what in ((after, before, "refused"), (before, after, "accepted")):
        numbers = [number for number, other in enumerate(accepting.refusals.ids) if other == ABSENT]
        positions: dict[str, list[int]] = {}
        for position, number in enumerate(numbers):
            identity = refusing.refusals.ids[number]
            if identity != ABSENT:
                positions.setdefault(refusing.refusals.texts[identity - 1], []).append(position)
        groups: dict[str, list[str]] = {}
        for text in positions:
            groups.setdefault(_VALUE.sub("*", text), []).append(text)
        if len(groups) > _MANY:
            groups = {"": list(positions)}
        rows = [before.combinations[number] for number in numbers]
        sets = bit_sets(matrix, rows) if groups else {}
        for texts in groups.values():
            bits = bit_set((position for text in texts for position in positions[text]), len(rows))
            conjunctions, unexplained = explain(sets, len(rows), bits)
            more = f" (and {len(texts) - 1} more messages)" if len(texts) > 1 else ""
            yield Change(
                what="refused" if what == "refused" else "accepted",
                restarts=False,
                kinds=(),
                where=(),
                names=(),
                paths=(),
                when=tuple(each.text(matrix) for each in conjunctions),
                confirmed=None,
                combinations=bits.bit_count(),
                unexplained=unexplained,
                message=f"{texts[0].splitlines()[0]}{more}",
                excerpt="",
                example=named(matrix, rows[positions[texts[0]][0]]),
            )


def _first_refusal(corpus: Corpus) -> str:
    texts = corpus.refusals.texts
    return texts[0].splitlines()[0].rstrip(".") if texts else "refuses nothing"


def named(matrix: Matrix, row: Combination) -> str:
    """A combination by those of its choices that are not their axis's first."""
    special = [
        f"{axis.name}={axis.choices[choice].name}" for axis, choice in zip(matrix.axes, row, strict=True) if choice
    ]
    return ", ".join(special) or "all first choices"
