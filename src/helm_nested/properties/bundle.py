"""Bundles as properties see them, and a record of what was looked at, so that nothing alike is looked at twice."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helm_nested.corpus.corpus import ABSENT
from helm_nested.engine import Release
from helm_nested.errors import ConfigurationError
from helm_nested.properties.documents import CorpusDocuments, Text
from helm_nested.properties.effective_values import Path
from nested_templates.contract import ArgumentSet
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import Document

_ARGUMENTS = ("argument set", "")


class Reading:
    """One combination and one argument set, and what was read of them.

    Another combination in which the same was found would show a property the same, so it need not be run again.
    """

    def __init__(self, documents: CorpusDocuments, number: int, argument_set: ArgumentSet) -> None:
        self.documents = documents
        self.number = number
        self._argument_set = argument_set
        self._read: dict[tuple[str, Path], int | str] = {}

    def argument_set(self) -> ArgumentSet:
        """The argument set."""
        self._read[_ARGUMENTS] = self._argument_set.name
        return self._argument_set

    def choice(self, axis: str) -> str:
        """The name of the choice of that axis."""
        return self.documents.matrix.axes[self._axis(axis)].choices[self._see("axis", axis)].name

    def value(self, path: Path) -> Any:  # noqa: ANN401 - any YAML
        """What the templates see at that path of the values."""
        self._see("values", path)
        return self.documents.values.at(path, self.number)

    def release(self) -> Release:
        """The release that is rendered."""
        self._see("release", "")
        return self.documents.release(self.number)

    def identity(self, stage: str, slot: str) -> int:
        """The id of the text in that slot of `manifests` or `templates`."""
        return self._see(stage, slot)

    def alike(self, numbers: Sequence[int], argument_set: ArgumentSet) -> Sequence[int]:
        """Those of the combinations in which the same would have been read with that argument set."""
        if self._read.get(_ARGUMENTS, argument_set.name) != argument_set.name:
            return ()
        for column, found in self._read.items():
            if column != _ARGUMENTS:
                cells = self._column(*column)
                numbers = [number for number in numbers if cells[number] == found]
        return numbers

    def _see(self, what: str, name: Path) -> int:
        found = self._read[(what, name)] = self._column(what, name)[self.number]
        return found

    def _column(self, what: str, name: Path) -> Sequence[int]:
        return self.documents.column(what, self._axis(str(name)) if what == "axis" else name)

    def _axis(self, name: str) -> int:
        names = [axis.name for axis in self.documents.matrix.axes]
        if name not in names:
            raise ConfigurationError(f"there is no axis {name!r}. {did_you_mean(name, names)}")
        return names.index(name)


class ReadValues:
    """The values of one combination by dotted path, as the templates see them; None where nothing is set.

    A key may have dots of its own; where a path could then be read in two ways, a tuple of keys says which is meant.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __getitem__(self, path: Path) -> Any:  # noqa: ANN401 - any YAML
        return self._reading.value(path)


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
        self.values = ReadValues(reading)

    @property
    def argument_set(self) -> str:
        """The name of the argument set."""
        return self._reading.argument_set().name

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments that its service templates are filled with."""
        return self._reading.argument_set().arguments

    @property
    def release(self) -> Release:
        """The release: its name, its namespace, and so on."""
        return self._reading.release()

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
