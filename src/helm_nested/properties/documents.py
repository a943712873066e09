"""The distinct documents of a corpus, filled when they are asked for."""

from __future__ import annotations

import pickle
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from helm_nested.corpus import Corpus, Slot
from helm_nested.corpus.corpus import ABSENT
from helm_nested.engine import Release
from helm_nested.matrix.axes import Matrix
from helm_nested.properties.effective_values import EffectiveValues, Merge, Path
from nested_templates.contract import ArgumentSet, Contract, primary_sets
from nested_templates.encoder import Encoder
from nested_templates.fill import fill
from nested_templates.service_template import restore_service_templates
from nested_templates.yaml_documents import Document

Stage = Literal["filled", "installed"]

_PACKED_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Text:
    """One distinct text: a manifest of stage one, or a service template with one argument set to fill it with.

    `combinations` are the numbers of those that lead to it.
    """

    slot: Slot
    identity: int
    argument_set: ArgumentSet | None
    combinations: Sequence[int]


@dataclass(frozen=True)
class CorpusDocument:
    """One distinct document, where it comes from, and which combinations lead to it."""

    document: Document
    text: Text
    position: int
    _matrix: Matrix = field(repr=False)
    _corpus: Corpus = field(repr=False)

    @property
    def stage(self) -> Stage:
        """Whether the release installs it, or it is filled later."""
        return "filled" if self.text.argument_set else "installed"

    @property
    def kind(self) -> str:
        """Its kind."""
        return kind_of(self.document)

    @property
    def name(self) -> str:
        """Its name as people write it: `Deployment/name`."""
        metadata = self.document.get("metadata")
        return f"{self.kind}/{metadata.get('name', '') if isinstance(metadata, dict) else ''}"

    @property
    def key(self) -> str | None:
        """The key of its service template; none if the release installs it."""
        return self.text.slot.name if self.text.argument_set else None

    @property
    def argument_set(self) -> str | None:
        """The name of the argument set it was filled with; none if the release installs it."""
        return self.text.argument_set.name if self.text.argument_set else None

    @property
    def where(self) -> str:
        """Where it comes from, for people."""
        if self.text.argument_set is None:
            return self.text.slot.name
        return f"{self.text.slot.name} filled with {self.text.argument_set.name!r}"

    @property
    def combinations(self) -> Iterator[dict[str, str]]:
        """The combinations that lead to it, each as choices by axis."""
        return (self._matrix.choices(self._corpus.combinations[number]) for number in self.text.combinations)


class CorpusDocuments:
    """All distinct documents of a corpus: those the release installs, and the service templates filled.

    Every text meets the primary argument sets; those that the combinations in `sample` lead to meet all of them.
    """

    def __init__(
        self,
        matrix: Matrix,
        corpus: Corpus,
        contract: Contract,
        argument_sets: Sequence[ArgumentSet],
        encoder: Encoder,
        sample: Sequence[int],
        merge: Merge,
        release: Release,
    ) -> None:
        self.matrix = matrix
        self.corpus = corpus
        self.argument_sets = argument_sets
        self.sample = frozenset(sample)
        self.primary = primary_sets(list(corpus.templates), argument_sets)
        self.values = EffectiveValues(matrix, corpus.combinations, merge)
        self._release = release
        self._columns: dict[tuple[str, str | int | Path], Sequence[int]] = {}
        self._contract = contract
        self._encoder = encoder
        self._kinds: dict[tuple[str, int, str | None], frozenset[str]] = {}
        self._packed: OrderedDict[tuple[str, int, str | None], bytes] = OrderedDict()
        self._size = 0

    def __iter__(self) -> Iterator[CorpusDocument]:
        return (document for text in self.texts() for document in self.of(text))

    def texts(
        self, stage: Stage | None = None, numbers: Sequence[int] | None = None, argument_set: str | None = None
    ) -> Iterator[Text]:
        """Every distinct text of that stage that one of the combinations with these numbers leads to.

        An argument set that is named is used for all of them, and then there is nothing that the release installs.
        """
        if numbers is None:
            numbers = range(len(self.corpus.combinations))
        if stage != "filled" and argument_set is None:
            for slot in self.corpus.manifests.values():
                for identity, leading in _by_identity(slot, numbers).items():
                    yield Text(slot, identity, None, leading)
        if stage != "installed":
            named = [each for each in self.argument_sets if each.name == argument_set]
            for slot in self.corpus.templates.values():
                sampled = {slot.ids[number] for number in self.sample}
                for identity, leading in _by_identity(slot, numbers).items():
                    for each in named or (self.argument_sets if identity in sampled else self.primary):
                        if each.suits(slot.name):
                            yield Text(slot, identity, each, leading)

    def column(self, what: str, name: str | int | Path) -> Sequence[int]:
        """A number for each combination that tells what a property would read there.

        That is the choice of an `axis` (its index), what the `values` are at a path, the id of a text in a slot of
        `manifests` or `templates`, or what the `release` is.
        """
        if what in ("manifests", "templates"):
            return (self.corpus.manifests if what == "manifests" else self.corpus.templates)[str(name)].ids
        if (what, name) not in self._columns:
            rows = self.corpus.combinations
            if what == "release":
                known: dict[Release, int] = {}
                releases = (self.matrix.release(row, self._release) for row in rows)
                self._columns[(what, name)] = [known.setdefault(each, len(known)) for each in releases]
            elif isinstance(name, int):
                self._columns[(what, name)] = bytes(row[name] for row in rows)
            else:
                self._columns[(what, name)] = self.values.column(name)
        return self._columns[(what, name)]

    def release(self, number: int) -> Release:
        """The release that one combination renders."""
        return self.matrix.release(self.corpus.combinations[number], self._release)

    def sets(self, numbers: Sequence[int]) -> Sequence[ArgumentSet]:
        """The argument sets that these combinations meet as bundles."""
        return self.primary if self.sample.isdisjoint(numbers) else self.argument_sets

    def of(self, text: Text) -> list[CorpusDocument]:
        """The documents of a text, each time new ones, so that nobody sees what another test does to them.

        Raises:
            FillError: it cannot be filled.
            DocumentError: what is filled is no YAML.
        """
        documents = self.parsed(text)
        if text.argument_set is None:
            documents = [self._restored(document, text.combinations[0]) for document in documents]
        return [
            CorpusDocument(document, text, position, self.matrix, self.corpus)
            for position, document in enumerate(documents)
        ]

    def installed(self, number: int) -> list[Document]:
        """All that the release installs in one combination."""
        documents = []
        for slot in self.corpus.manifests.values():
            identity = slot.ids[number]
            if identity != ABSENT:
                documents += self.parsed(Text(slot, identity, None, (number,)))
        return [self._restored(document, number) for document in documents]

    def _restored(self, document: Document, number: int) -> Document:
        """The object with the service templates that were taken out of it, as that combination has them."""

        def text_of(key: str) -> str | None:
            slot = self.corpus.templates.get(key)
            return slot.texts[slot.ids[number] - 1] if slot is not None and slot.ids[number] != ABSENT else None

        restored: Document = restore_service_templates(document, text_of)
        return restored

    def kinds(self, text: Text) -> frozenset[str]:
        """The kinds of a text's documents: what is filled tells, as a text may put its kind together from anything.

        Raises:
            FillError, DocumentError: see `of`.
        """
        place = _place(text)
        if place not in self._kinds:
            self._kinds[place] = frozenset(kind_of(document) for document in self.parsed(text))
        return self._kinds[place]

    def parsed(self, text: Text) -> list[Document]:
        """The documents of a text, filled the first time, and kept as bytes, which are small and quick to copy from."""
        place = _place(text)
        packed = self._packed.get(place)
        if packed is None:
            packed = pickle.dumps(self._fill(text), pickle.HIGHEST_PROTOCOL)
            self._packed[place] = packed
            self._size += len(packed)
            while self._size > _PACKED_BYTES:
                self._size -= len(self._packed.popitem(last=False)[1])
        else:
            self._packed.move_to_end(place)
        documents: list[Document] = pickle.loads(packed)  # noqa: S301 - bytes this object made, never left the process
        return documents

    def _fill(self, text: Text) -> list[Document]:
        if text.argument_set is None:
            return list(self.corpus.objects[(text.slot.name, text.identity)])
        template = self.corpus.service_templates[(text.slot.name, text.identity)]
        return list(fill(template, text.argument_set, self._contract, self._encoder).documents)


def kind_of(document: Document) -> str:
    """The kind that a document says it is of."""
    return str(document.get("kind", ""))


def _place(text: Text) -> tuple[str, int, str | None]:
    return text.slot.name, text.identity, text.argument_set.name if text.argument_set else None


def _by_identity(slot: Slot, numbers: Sequence[int]) -> Mapping[int, Sequence[int]]:
    found: dict[int, array[int]] = {}
    for number in numbers:
        identity = slot.ids[number]
        if identity != ABSENT:
            found.setdefault(identity, array("I")).append(number)
    return found
