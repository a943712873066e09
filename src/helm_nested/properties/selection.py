"""Which documents a property is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import get_args

from helm_nested.errors import ConfigurationError, DocumentError, FillError
from helm_nested.properties.documents import CorpusDocument, CorpusDocuments, Stage, Text
from nested_templates.suggestion import did_you_mean


@dataclass(frozen=True)
class Selection:
    """Documents by kind, by their service template's key (a glob), by choices that lead to them, and so on."""

    kind: str | None = None
    key: str | None = None
    choices: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    argument_set: str | None = None
    stage: Stage | None = None

    def __str__(self) -> str:
        parts = {"kind": self.kind, "key": self.key, "argument_set": self.argument_set, "stage": self.stage}
        chosen = [f"{name}={value!r}" for name, value in parts.items() if value is not None]
        chosen += [f"{axis}={' or '.join(_names(choice))}" for axis, choice in self.choices.items()]
        return ", ".join(chosen) or "every document"

    def numbers(self, documents: CorpusDocuments) -> Sequence[int]:
        """The combinations with these choices.

        Raises:
            ConfigurationError: there is no such axis or choice.
        """
        rows = documents.corpus.combinations
        wanted = self.wanted(documents)
        if not wanted:
            return range(len(rows))
        return [number for number, row in enumerate(rows) if all(row[axis] in choices for axis, choices in wanted)]

    def wanted(self, documents: CorpusDocuments) -> list[tuple[int, list[int]]]:
        """The choices as indices, axis by axis."""
        axes = documents.matrix.axes
        names = [axis.name for axis in axes]
        found = []
        for name, choice in self.choices.items():
            if name not in names:
                raise ConfigurationError(f"there is no axis {name!r}. {did_you_mean(name, names)}")
            known = [each.name for each in axes[names.index(name)].choices]
            for each in _names(choice):
                if each not in known:
                    raise ConfigurationError(f"the axis {name!r} has no choice {each!r}. {did_you_mean(each, known)}")
            found.append((names.index(name), [known.index(each) for each in _names(choice)]))
        return found

    def texts(self, documents: CorpusDocuments) -> Iterator[Text]:
        """The texts among whose documents may be some that are selected."""
        stage: Stage | None = "filled" if self.key is not None else self.stage
        for text in documents.texts(stage, self.numbers(documents), self.argument_set):
            if (self.key is None or fnmatchcase(text.slot.name, self.key)) and self._may_hold_kind(text, documents):
                yield text

    def _may_hold_kind(self, text: Text, documents: CorpusDocuments) -> bool:
        """Whether one of its documents is of the kind; also if there are none to be had, which the test must report."""
        if self.kind is None:
            return True
        try:
            return self.kind in documents.kinds(text)
        except (FillError, DocumentError):
            return True

    def among(self, documents: Sequence[CorpusDocument]) -> list[CorpusDocument]:
        """Those that are selected."""
        return [each for each in documents if self.kind in (None, each.kind)]

    def refuse_nothing(self, documents: CorpusDocuments) -> None:
        """Accept a selection that selects something.

        Raises:
            ConfigurationError: it selects nothing, so the test could not fail; the nearest known name is given.
        """
        stages = get_args(Stage)
        if self.stage not in (None, *stages):
            raise ConfigurationError(f"there is no stage {self.stage!r}. {did_you_mean(str(self.stage), stages)}")
        sets = [each.name for each in documents.argument_sets]
        if self.argument_set is not None and self.argument_set not in sets:
            raise ConfigurationError(
                f"there is no argument set {self.argument_set!r}. {did_you_mean(self.argument_set, sets)}"
            )
        keys = list(documents.corpus.templates)
        if self.key is not None and not any(fnmatchcase(key, self.key) for key in keys):
            raise ConfigurationError(f"no service template's key is like {self.key!r}. {did_you_mean(self.key, keys)}")
        if not self.numbers(documents):
            raise ConfigurationError("no combination has these choices together.")
        if self.stage == "installed" and (self.key is not None or self.argument_set is not None):
            raise ConfigurationError("what the release installs has no key and no argument set. Leave out 'stage'.")
        for text in self.texts(documents):
            try:
                found = documents.of(text)
            except (FillError, DocumentError):
                return  # the test reports it
            if self.among(found):
                return
        if self.kind is None:
            raise ConfigurationError("no argument set fills any document there.")
        kinds = {each.kind for each in self._others(documents)}
        raise ConfigurationError(f"there is no document of kind {self.kind!r} there. {did_you_mean(self.kind, kinds)}")

    def _others(self, documents: CorpusDocuments) -> Iterator[CorpusDocument]:
        """Documents of any kind that are selected otherwise."""
        anything = Selection(None, self.key, self.choices, self.argument_set, self.stage)
        for text in anything.texts(documents):
            try:
                yield from documents.of(text)
            except (FillError, DocumentError):
                continue


def _names(choice: str | Sequence[str]) -> Sequence[str]:
    return [choice] if isinstance(choice, str) else choice
