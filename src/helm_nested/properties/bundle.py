"""Bundles as properties see them, and a record of what was looked at, so that nothing alike is looked at twice."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helm_nested.contract import ArgumentSet
from helm_nested.corpus.corpus import ABSENT
from helm_nested.errors import ConfigurationError
from helm_nested.properties.documents import CorpusDocuments, Text
from helm_nested.suggestion import did_you_mean
from helm_nested.yaml_documents import Document

_ARGUMENTS = ("argument set", "")


class Reading:
    """One combination and one argument set, and what was read of them.

    Another combination in which the same was found would show a property the same, so it need not be run again.
    """

    def __init__(self, documents: CorpusDocuments, number: int, argument_set: ArgumentSet) -> None:
        self.documents = documents
        self.number = number
        self._argument_set = argument_set
        self._read: dict[tuple[str, str], object] = {}

    def argument_set(self) -> ArgumentSet:
        """The argument set."""
        self._read[_ARGUMENTS] = self._argument_set.name
        return self._argument_set

    def choice(self, axis: str) -> str:
        """The name of the choice of that axis."""
        column = ("axis", axis)
        choice = self._read[column] = self._found(column, self.number)
        return str(choice)

    def identity(self, stage: str, slot: str) -> int:
        """The id of the text in that slot of `manifests` or `templates`."""
        column = (stage, slot)
        identity = self._found(column, self.number)
        self._read[column] = identity
        assert isinstance(identity, int)  # noqa: S101 - for the type checker: ids are numbers
        return identity

    def holds_for(self, number: int, argument_set: ArgumentSet) -> bool:
        """Whether the same would have been read there."""
        return all(
            (argument_set.name if column == _ARGUMENTS else self._found(column, number)) == found
            for column, found in self._read.items()
        )

    def _found(self, column: tuple[str, str], number: int) -> object:
        what, name = column
        corpus, axes = self.documents.corpus, self.documents.matrix.axes
        if what == "axis":
            names = [axis.name for axis in axes]
            if name not in names:
                raise ConfigurationError(f"there is no axis {name!r}. {did_you_mean(name, names)}")
            index = names.index(name)
            return axes[index].choices[corpus.combinations[number][index]].name
        return (corpus.manifests if what == "manifests" else corpus.templates)[name].ids[number]


class Choices(Mapping[str, str]):
    """The name of each axis's choice in one combination."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __getitem__(self, axis: str) -> str:
        return self._reading.choice(axis)

    def __iter__(self) -> Iterator[str]:
        return (axis.name for axis in self._reading.documents.matrix.axes)

    def __len__(self) -> int:
        return len(self._reading.documents.matrix.axes)


class CorpusBundle:
    """All that one combination and one argument set lead to together."""

    def __init__(self, reading: Reading, numbers: Sequence[int]) -> None:
        self._reading = reading
        self._numbers = numbers
        self.choices: Mapping[str, str] = Choices(reading)

    @property
    def argument_set(self) -> str:
        """The name of the argument set."""
        return self._reading.argument_set().name

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments that its service templates are filled with."""
        return self._reading.argument_set().arguments

    @property
    def combinations(self) -> Iterator[dict[str, str]]:
        """The combinations that lead to it, each as choices by axis."""
        documents = self._reading.documents
        return (documents.matrix.choices(documents.corpus.combinations[number]) for number in self._numbers)

    @property
    def installed(self) -> list[Document]:
        """What the release installs."""
        corpus = self._reading.documents.corpus
        for name in corpus.manifests:
            self._reading.identity("manifests", name)
        for key in corpus.templates:  # they stand in their ConfigMap
            self._reading.identity("templates", key)
        return self._reading.documents.installed(self._reading.number)

    def filled(self, key: str) -> list[Document]:
        """The documents of the service template under that key; none if it is absent or the argument set not for it.

        Raises:
            ConfigurationError: no combination has such a key.
        """
        documents = self._reading.documents
        if key not in documents.corpus.templates:
            raise ConfigurationError(f"no service template {key!r}. {did_you_mean(key, documents.corpus.templates)}")
        identity = self._reading.identity("templates", key)
        argument_set = self._reading.argument_set()
        if identity == ABSENT or not argument_set.suits(key):
            return []
        slot = documents.corpus.templates[key]
        return documents.parsed(Text(slot, identity, argument_set, (self._reading.number,)))

    @property
    def documents(self) -> list[Document]:
        """Everything: what the release installs, and every service template filled."""
        keys = self._reading.documents.corpus.templates
        return self.installed + [document for key in keys for document in self.filled(key)]

    def all(self, kind: str, name: str | None = None) -> list[Document]:
        """Every document of that kind (and name)."""
        return [
            each
            for each in self.documents
            if each.get("kind") == kind and name in (None, (each.get("metadata") or {}).get("name"))
        ]


class CorpusBundles:
    """All distinct bundles of a corpus."""

    def __init__(self, documents: CorpusDocuments) -> None:
        self._documents = documents

    def __iter__(self) -> Iterator[CorpusBundle]:
        corpus = self._documents.corpus
        slots = [*corpus.manifests.values(), *corpus.templates.values()]
        alike: dict[tuple[int, ...], array[int]] = {}
        for number in range(len(corpus.combinations)):
            alike.setdefault(tuple(slot.ids[number] for slot in slots), array("I")).append(number)
        for numbers in alike.values():
            for argument_set in self._documents.sets(numbers):
                yield CorpusBundle(Reading(self._documents, numbers[0], argument_set), numbers)
