"""Renders combinations one by one, and tells their texts apart by digests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from helm_nested.corpus.outcome import (
    Digest,
    ManifestText,
    Outcome,
    Place,
    TemplateText,
)
from helm_nested.digest import as_bytes, digest
from helm_nested.engine import Release
from helm_nested.engine.protocol import split_manifests
from helm_nested.errors import CannotCheckError, DocumentError, HelmNestedError, RenderError, ValuesError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import described
from helm_nested.watchdog import working_on
from nested_templates.dialect import STRING_TEMPLATE
from nested_templates.service_template import Selector, take_service_templates
from nested_templates.yaml_documents import Parsed, load_documents, parse_documents

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

_Parse = Callable[[str, str], Parsed]


@dataclass
class RowRenderer:
    """Everything that stays the same from combination to combination; it can be sent to another process.

    A manifest in which a key stands twice cannot be read, unless the caller takes duplicate keys and reports them.
    With `keep_refused` a combination that the chart or its schema refuses, or whose objects are no YAML, has an
    outcome as well.
    """

    engine: InProcessEngine
    matrix: Matrix
    release: Release
    selectors: Sequence[Selector]
    takes_duplicate_keys: bool = False
    keep_refused: bool = False
    # By the digest of a manifest that was read before: what stands where.
    _read: dict[Digest, tuple[tuple[Place, Digest], ...]] = field(default_factory=dict, repr=False)
    # Texts that were not collected yet, and those that were.
    _fresh: dict[tuple[Place, Digest], ManifestText | TemplateText] = field(default_factory=dict, repr=False)
    _known: set[tuple[Place, Digest]] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        # How a template is filled is not asked here, and a dialect may hold functions, which cannot be sent.
        self.selectors = [replace(selector, dialect=STRING_TEMPLATE) for selector in self.selectors]

    def render(self, row: Combination) -> Outcome:
        """What the combination leads to.

        Raises:
            CannotCheckError: it could not be rendered or read; the text names its choices.
        """
        try:
            with working_on(described(self.matrix, row)):
                texts = self.engine.render_texts(self.matrix.values(row), self.matrix.release(row, self.release))
        except HelmNestedError as error:
            if self.keep_refused and isinstance(error, ValuesError | RenderError):
                return Outcome({}, str(error))
            raise not_rendered(self.matrix, row, str(error)) from error
        try:
            return Outcome(self._places(texts))
        except HelmNestedError as error:
            if self.keep_refused and isinstance(error, DocumentError):
                return Outcome({}, str(error))
            raise CannotCheckError(f"{described(self.matrix, row)} could not be read: {error}") from error

    def collect(self) -> dict[tuple[Place, Digest], ManifestText | TemplateText]:
        """The texts that are new since the last time; other threads may be rendering meanwhile."""
        found = {}
        while self._fresh:
            key, text = self._fresh.popitem()
            found[key] = text
        return found

    def _places(self, texts: dict[str, str]) -> dict[Place, Digest]:
        found: dict[Place, Digest] = {}
        manifests: dict[Place, str] = {}
        for source, text in texts.items():
            if PurePosixPath(source).name == "NOTES.txt" or not text.strip():
                continue
            for position, manifest in enumerate(split_manifests(source, text)):
                name = f"{source}#{position}" if position else source
                for place, own in self._manifest(name, manifest.text):
                    if place in found:
                        raise CannotCheckError(
                            f"several objects have a service template under {place.name}, and could be taken for each "
                            f"other: those of {manifests[place]} and {name}. Select one of them by 'name' in the "
                            "configuration, or give each a key of its own."
                        )
                    found[place], manifests[place] = own, name
        return found

    def _manifest(self, name: str, text: str) -> tuple[tuple[Place, Digest], ...]:
        raw = _digest(name, text)
        read = self._read.get(raw)
        if read is None:
            read = tuple(self._parsed(name, text))
            if len(read) == 1:  # one with service templates is hardly ever rendered twice
                self._read[raw] = read
        return read

    def _parsed(self, name: str, text: str) -> Iterator[tuple[Place, Digest]]:
        parse: _Parse = parse_documents if self.takes_duplicate_keys else _strictly
        parsed = parse(text, f"{name} as rendered")
        taken = [each for document in parsed.documents for each in take_service_templates(document, self.selectors)]
        # Two that differ in their service templates alone are the same manifest.
        own = Place(False, name), _digest(json.dumps([parsed.documents, parsed.duplicate_keys]) if taken else text)
        if own not in self._known:
            shown = _shown(parsed) if taken else text
            self._keep(own, ManifestText(shown, parsed.documents, parsed.duplicate_keys, bool(taken)))
        yield own
        for selector, template in taken:
            key = Place(True, template.key), _digest(template.text)
            if key not in self._known:
                self._keep(key, TemplateText(template.text, template.owner, selector))
            yield key

    def _keep(self, key: tuple[Place, Digest], text: ManifestText | TemplateText) -> None:
        self._fresh[key] = text
        # Only now, as another thread passes over what is known.
        self._known.add(key)


def not_rendered(matrix: Matrix, row: Combination, why: str) -> CannotCheckError:
    """The error that says that one combination could not be rendered."""
    return CannotCheckError(f"{described(matrix, row)} could not be rendered: {why}")


def _strictly(text: str, where: str) -> Parsed:
    documents = tuple(load_documents(text, where))
    return Parsed(documents, ((),) * len(documents))


def _shown(parsed: Parsed) -> str:
    """The objects as people read them."""
    return "---\n".join(
        yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        for document in parsed.documents
    )


def _digest(*texts: str) -> Digest:
    return digest(*map(as_bytes, texts))
