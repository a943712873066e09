"""Two corpora compared: each distinct pair of texts once, by what its documents say."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helm_nested.bit_set import bit_set
from helm_nested.corpus import Corpus, Slot
from helm_nested.corpus.corpus import ABSENT
from helm_nested.difference.collection import Collection, Example, Where
from helm_nested.difference.edit import MISSING, Edit, edits
from helm_nested.difference.filled import Filling
from helm_nested.difference.pairing import Pairing, by_identity, by_kind, kind
from nested_templates.service_template import TAKEN
from nested_templates.yaml_documents import Document


@dataclass(frozen=True)
class _Pair:
    """A place and the two ids that stand there, and which of the compared combinations lead to them."""

    name: str
    before: int
    after: int
    positions: array[int]

    def bits(self, size: int) -> int:
        return bit_set(self.positions, size)


class Comparer:
    """Two corpora of the same combinations, of which those with these numbers are compared."""

    def __init__(
        self,
        before: Corpus,
        after: Corpus,
        numbers: Sequence[int],
        filling: Filling,
    ) -> None:
        self._before = before
        self._after = after
        self._numbers = numbers
        self._filling = filling
        self._found = Collection()

    def compare(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Collection:
        """Everything in which they differ; `progress` is told how many pairs of texts are done, and of how many."""
        manifests = self._pairs(self._before.manifests, self._after.manifests)
        templates = self._pairs(self._before.templates, self._after.templates)
        total = len(manifests) + len(templates)
        unpaired: list[tuple[_Pair, Pairing]] = []
        for done, pair in enumerate(templates):
            self._template(pair)
            progress(done, total)
        for done, pair in enumerate(manifests, start=len(templates)):
            left = self._manifest(pair)
            if left.before or left.after:
                unpaired.append((pair, left))
            progress(done, total)
        self._moved(unpaired)
        progress(total, total)
        return self._found

    def _pairs(self, before: Mapping[str, Slot], after: Mapping[str, Slot]) -> list[_Pair]:
        """Every pair of different texts that some combination has in one place."""
        found: dict[tuple[str, int, int], array[int]] = {}
        none = array("I", bytes(4 * len(self._before.combinations)))
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name), after.get(name)
            numbered = {text: number for number, text in enumerate(new.texts, start=1)} if new else {}
            same = [ABSENT, *(numbered.get(text, -1) for text in old.texts)] if old else [ABSENT]
            earlier, later = old.ids if old else none, new.ids if new else none
            for position, number in enumerate(self._numbers):
                if same[earlier[number]] != later[number]:
                    found.setdefault((name, earlier[number], later[number]), array("I")).append(position)
        return [_Pair(*place, positions) for place, positions in found.items()]

    # -- what the release installs -------------------------------------------------------------------------------------

    def _manifest(self, pair: _Pair) -> Pairing:
        """Compare what both have in one place; the rest may have moved to or from another one."""
        before = self._objects(self._before, pair.name, pair.before)
        after = self._objects(self._after, pair.name, pair.after)
        pairing = by_identity(before, after)
        changed = self._note_objects(pair.name, pair.positions, pairing.pairs)
        is_paired = not pairing.before and not pairing.after and ABSENT not in (pair.before, pair.after)
        if not changed and is_paired and not self._is_marked(pair):
            old = self._before.manifests[pair.name].texts[pair.before - 1]
            new = self._after.manifests[pair.name].texts[pair.after - 1]
            example = Example(old, new, pair.positions[0])
            for document in after:
                where = Where("installed", kind(document), _file(pair.name))
                self._found.note(where, None, pair.bits(len(self._numbers)), example)
        return pairing

    def _is_marked(self, pair: _Pair) -> bool:
        """Whether one of the texts is not what was rendered, so that how it is written says nothing."""
        before, after = (pair.name, pair.before), (pair.name, pair.after)
        return before in self._before.marked or after in self._after.marked

    def _moved(self, unpaired: Sequence[tuple[_Pair, Pairing]]) -> None:
        """Objects that one version has in another place than the other, and those that only one has."""
        by_position: dict[int, list[int]] = {}
        for part, (pair, _) in enumerate(unpaired):
            for position in pair.positions:
                by_position.setdefault(position, []).append(part)
        together: dict[tuple[int, ...], array[int]] = {}
        for position, of_it in by_position.items():
            together.setdefault(tuple(of_it), array("I")).append(position)
        for parts, positions in together.items():
            left = [unpaired[part] for part in parts]
            names = {id(each): pair.name for pair, pairing in left for each in (*pairing.before, *pairing.after)}
            pairing = by_kind(
                by_identity(
                    [each for _, pairing in left for each in pairing.before],
                    [each for _, pairing in left for each in pairing.after],
                )
            )
            for old, new in pairing.pairs:
                self._note_objects(names[id(new)], positions, [(old, new)])
            bits = bit_set(positions, len(self._numbers))
            for old in pairing.before:
                where = Where("installed", kind(old), _file(names[id(old)]))
                self._found.note(where, Edit((), old, MISSING), bits, Example(old, None, positions[0]))
            for new in pairing.after:
                where = Where("installed", kind(new), _file(names[id(new)]))
                self._found.note(where, Edit((), MISSING, new), bits, Example(None, new, positions[0]))

    def _note_objects(self, name: str, positions: array[int], pairs: Sequence[tuple[Document, Document]]) -> bool:
        changed = False
        for before, after in pairs:
            where = Where("installed", kind(after), _file(name))
            for edit in edits(before, after):
                changed = True
                example = Example(before, after, positions[0])
                self._found.note(where, edit, bit_set(positions, len(self._numbers)), example)
        return changed

    def _objects(self, corpus: Corpus, name: str, identity: int) -> list[Document]:
        """The objects of a manifest without the service templates in them, which are compared by themselves."""
        if identity == ABSENT:
            return []
        objects = corpus.objects[(name, identity)]
        return (
            [_without_marks(document) for document in objects] if (name, identity) in corpus.marked else list(objects)
        )

    # -- what service templates lead to --------------------------------------------------------------------------------

    def _template(self, pair: _Pair) -> None:
        before = self._before.service_templates.get((pair.name, pair.before))
        after = self._after.service_templates.get((pair.name, pair.after))
        bits = pair.bits(len(self._numbers))
        first = pair.positions[0]
        found = self._filling.differences(pair.name, before, after)
        for each in found:
            example = Example(each.before, each.after, first, each.argument_set)
            self._found.note(each.where, each.edit, bits, example)
        if found:
            return
        where = Where("filled", "", pair.name)
        example = Example(before.text if before else None, after.text if after else None, first)
        if before is None or after is None:
            edit = Edit((), MISSING if before is None else "", MISSING if after is None else "")
            self._found.note(where, edit, bits, example)
        else:
            self._found.note(where, None, bits, example)


def _file(name: str) -> str:
    """The chart's template that a manifest comes from: which of several objects it is says their kind."""
    return name.partition("#")[0]


def _without_marks(value: Any) -> Any:  # noqa: ANN401 - any YAML
    """The value without the entries of maps that are marks of service templates, and with empty texts for others."""
    if isinstance(value, dict):
        return {key: _without_marks(item) for key, item in value.items() if not _is_mark(item)}
    if isinstance(value, list):
        return ["" if _is_mark(item) else _without_marks(item) for item in value]
    return value


def _is_mark(value: object) -> bool:
    return isinstance(value, str) and value.startswith(TAKEN)
