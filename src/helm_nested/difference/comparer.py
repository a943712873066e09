"""Two corpora compared: each distinct pair of texts once, by what its documents say."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from helm_nested.contract import ArgumentSet, Contract
from helm_nested.corpus import Corpus, Slot
from helm_nested.corpus.corpus import ABSENT
from helm_nested.corpus.entries import CUT
from helm_nested.difference.collection import Collection, Example, Stage, Where, bit_set
from helm_nested.difference.edit import MISSING, Edit, edits
from helm_nested.difference.pairing import Pairing, by_identity, by_kind, kind, label
from helm_nested.encoder import Encoder
from helm_nested.errors import DocumentError, FillError
from helm_nested.fill import fill
from helm_nested.service_template import Selector, ServiceTemplate
from helm_nested.yaml_documents import Document

# What stands for the documents of a template that cannot be filled.
UNFILLED = "template that cannot be filled"


@dataclass(frozen=True)
class Filling:
    """What service templates are filled with.

    `primary` sets are enough to see a change; a claim that there is none is tried with `all_sets`, where it could
    depend on them.
    """

    contract: Contract
    encoder: Encoder
    primary: Sequence[ArgumentSet]
    all_sets: Sequence[ArgumentSet]


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
        selectors: Sequence[Selector],
    ) -> None:
        self._before = before
        self._after = after
        self._numbers = numbers
        self._filling = filling
        self._selectors = selectors
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
        if not changed and not pairing.before and not pairing.after and ABSENT not in (pair.before, pair.after):
            old = self._before.manifests[pair.name].texts[pair.before - 1]
            new = self._after.manifests[pair.name].texts[pair.after - 1]
            if (
                _without_cuts(old) != _without_cuts(new)
                and not self._carries_whole(old, before)
                and not self._carries_whole(new, after)
            ):
                example = Example(old, new, pair.positions[0])
                for document in after:
                    where = Where("installed", kind(document), _file(pair.name))
                    self._found.note(where, None, pair.bits(len(self._numbers)), example)
        return pairing

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
            for name in dict.fromkeys(names.values()):
                here = Pairing(
                    [],
                    [each for each in pairing.before if names[id(each)] == name],
                    [each for each in pairing.after if names[id(each)] == name],
                )
                self._note_unpaired("installed", positions, here, _file(name))

    def _note_objects(self, name: str, positions: array[int], pairs: Sequence[tuple[Document, Document]]) -> bool:
        changed = False
        for before, after in pairs:
            where = Where("installed", kind(after), _file(name))
            changed |= self._note_edits(where, positions, before, after, None)
        return changed

    def _objects(self, corpus: Corpus, name: str, identity: int) -> list[Document]:
        """The objects of a manifest without the service templates in them, which are compared by themselves."""
        if identity == ABSENT:
            return []
        return [self._without_templates(document) for document in corpus.objects[(name, identity)]]

    def _without_templates(self, document: Document) -> Document:
        selecting = [selector for selector in self._selectors if selector.selects(document)]
        if not selecting:
            return document
        bare = deepcopy(document)
        data = bare.get("data")
        if isinstance(data, dict):
            for key in [key for key in data if any(selector.selects_key(str(key)) for selector in selecting)]:
                del data[key]
        for selector in selecting:
            for match in selector.path.find(bare, label(bare)) if selector.path else ():
                place: object = bare
                *steps, last = match.location
                for step in steps:
                    place = place[step]  # type: ignore[index]
                place[last] = ""  # type: ignore[index]
        return bare

    def _carries_whole(self, text: str, documents: Sequence[Document]) -> bool:
        """Whether service templates stand in the text itself, so that it differs when they do."""
        return CUT not in text and any(selector.selects(each) for each in documents for selector in self._selectors)

    # -- what service templates lead to --------------------------------------------------------------------------------

    def _template(self, pair: _Pair) -> None:
        before = self._before.service_templates.get((pair.name, pair.before))
        after = self._after.service_templates.get((pair.name, pair.after))
        if not self._note_filled(pair, before, after, self._filling.primary):
            return
        where = Where("filled", "", pair.name)
        bits = pair.bits(len(self._numbers))
        if before is None or after is None:
            example = Example(before.text if before else None, after.text if after else None, pair.positions[0])
            edit = Edit((), MISSING if before is None else "", MISSING if after is None else "")
            self._found.note(where, edit, bits, example)
        elif not _is_for_all(before, after) and not self._note_filled(pair, before, after, self._filling.all_sets):
            return
        else:
            self._found.note(where, None, bits, Example(before.text, after.text, pair.positions[0]))

    def _note_filled(
        self,
        pair: _Pair,
        before: ServiceTemplate | None,
        after: ServiceTemplate | None,
        argument_sets: Sequence[ArgumentSet],
    ) -> bool:
        """Note how they differ when they are filled; the answer is whether nothing does."""
        same = True
        for argument_set in argument_sets:
            if not argument_set.suits(pair.name):
                continue
            olds, news = self._filled(before, argument_set), self._filled(after, argument_set)
            if isinstance(olds, str) or isinstance(news, str):
                where = Where("filled", UNFILLED, pair.name)
                said: list[Document] = [_without_documents(each, pair.name) for each in (olds, news)]
                if before and after and said[0] == said[1]:
                    # Of documents that cannot be had nothing is known but the text.
                    edit = Edit(("text",), "cannot be filled", "cannot be filled, and is another text")
                    example = Example(before.text, after.text, pair.positions[0], argument_set.name)
                    self._found.note(where, edit, pair.bits(len(self._numbers)), example)
                else:
                    self._note_edits(where, pair.positions, said[0], said[1], argument_set.name)
                same = False
                continue
            pairing = by_kind(by_identity(olds, news))
            for old, new in pairing.pairs:
                where = Where("filled", kind(new), pair.name)
                same &= not self._note_edits(where, pair.positions, old, new, argument_set.name)
            self._note_unpaired("filled", pair.positions, pairing, pair.name, argument_set.name)
            same &= not pairing.before and not pairing.after
        return same

    def _filled(self, template: ServiceTemplate | None, argument_set: ArgumentSet) -> Sequence[Document] | str:
        """The documents; as text why there are none."""
        if template is None:
            return ()
        try:
            return fill(template, argument_set, self._filling.contract, self._filling.encoder).documents
        except (FillError, DocumentError) as error:
            return str(error)

    # -- both ----------------------------------------------------------------------------------------------------------

    def _note_edits(
        self, where: Where, positions: array[int], before: Document, after: Document, argument_set: str | None
    ) -> bool:
        bits = None
        for edit in edits(before, after):
            bits = bit_set(positions, len(self._numbers)) if bits is None else bits
            self._found.note(where, edit, bits, Example(before, after, positions[0], argument_set))
        return bits is not None

    def _note_unpaired(
        self,
        stage: Stage,
        positions: array[int],
        pairing: Pairing,
        name: str,
        argument_set: str | None = None,
    ) -> None:
        for documents, added in ((pairing.before, False), (pairing.after, True)):
            for document in documents:
                where = Where(stage, kind(document), name)
                edit = Edit((), MISSING, document) if added else Edit((), document, MISSING)
                example = Example(None if added else document, document if added else None, positions[0], argument_set)
                self._found.note(where, edit, bit_set(positions, len(self._numbers)), example)


def _file(name: str) -> str:
    """The chart's template that a manifest comes from: which of several objects it is says their kind."""
    return name.partition("#")[0]


def _without_cuts(text: str) -> list[str]:
    """The lines of a manifest without those that stand for a service template."""
    return [line for line in text.split("\n") if CUT not in line]


def _without_documents(said: Sequence[Document] | str, key: str) -> Document:
    return {"filling": said if isinstance(said, str) else f"{key} can be filled"}


def _is_for_all(before: ServiceTemplate, after: ServiceTemplate) -> bool:
    """Whether documents that are the same with one argument set are the same with every other.

    So it is where the lines that take arguments are the same lines in the same order: then each argument stands where
    it stood, in the same quotes. What a dialect does not tell of its placeholders may depend on any argument.
    """
    found = []
    for template in (before, after):
        asked = template.dialect.placeholders(template.text, template.where)
        if asked is None or template.dialect.native:
            return False
        lines = template.text.split("\n")
        found.append([lines[each.line - 1].strip() for each in asked])
    return found[0] == found[1]
