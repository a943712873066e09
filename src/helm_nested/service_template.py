"""Service templates: the texts inside rendered objects that a control plane fills later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from helm_nested.dialect import STRING_TEMPLATE, Dialect
from helm_nested.errors import DocumentError
from helm_nested.json_path import JsonPath, Location, written
from helm_nested.yaml_documents import CONSUMER_READER, Document


@dataclass(frozen=True)
class Selector:
    """Where service templates sit, how they are filled, and by which reader the filled text is read.

    In objects of this kind and name (a glob), under these keys of `data` (globs), and wherever the path leads.
    """

    kind: str
    name: str
    keys: tuple[str, ...] = ()
    path: JsonPath | None = None
    dialect: Dialect = STRING_TEMPLATE
    reader: str = CONSUMER_READER

    def selects(self, document: Document) -> bool:
        """Whether the object is of this kind and name."""
        return self.kind == document.get("kind") and fnmatchcase(_name(document), self.name)

    def selects_key(self, key: str) -> bool:
        """Whether an entry of `data` is meant."""
        return any(fnmatchcase(key, glob) for glob in self.keys)


@dataclass(frozen=True)
class ServiceTemplate:
    """One template text, where it was found (its key in `data`, or its path), how it is filled, and by which reader."""

    owner: str
    key: str
    text: str
    dialect: Dialect = STRING_TEMPLATE
    reader: str = CONSUMER_READER

    @property
    def where(self) -> str:
        """The place as people write it: `ConfigMap/name[key]`."""
        return f"{self.owner}[{self.key}]"


def find_service_templates(objects: Iterable[Document], selectors: Iterable[Selector]) -> Iterator[ServiceTemplate]:
    """Every service template in the objects, in their order, each once: of several selectors the first says how.

    Raises:
        DocumentError: a selected object's data is no map, a path leads nowhere in it, or what is selected is no text.
    """
    chosen = tuple(selectors)
    for document in objects:
        selecting = [selector for selector in chosen if selector.selects(document)]
        if not selecting:
            continue
        found: dict[Location, tuple[int, ServiceTemplate]] = {}
        for location, rank, template in [*_by_key(document, selecting), *_by_path(document, selecting)]:
            if location not in found or rank < found[location][0]:
                found[location] = (rank, template)
        yield from (template for _, template in found.values())


def owner(document: Document) -> str:
    """A rendered object as people name it: `ConfigMap/name`."""
    return f"{document.get('kind')}/{_name(document)}"


def _by_key(document: Document, selectors: Sequence[Selector]) -> Iterator[tuple[Location, int, ServiceTemplate]]:
    if not any(selector.keys for selector in selectors):
        return
    data = document.get("data") or {}
    if not isinstance(data, dict):
        raise DocumentError(f"{owner(document)}: data is a {type(data).__name__}. Write it as a map of texts.")
    for key, text in ((str(key), text) for key, text in data.items()):
        for rank, selector in enumerate(selectors):
            if selector.selects_key(key):
                template = _template(document, key, text, selector, f"Write it as a block scalar: '{key}: |-'.")
                yield ("data", key), rank, template
                break


def _by_path(document: Document, selectors: Sequence[Selector]) -> Iterator[tuple[Location, int, ServiceTemplate]]:
    for rank, selector in enumerate(selectors):
        for match in selector.path.find(document, owner(document)) if selector.path else ():
            advice = "Correct 'path' in the configuration so that it leads to a text, or write one there."
            yield (
                match.location,
                rank,
                _template(document, written(match.location), match.value, selector, advice),
            )


def _template(document: Document, key: str, text: object, selector: Selector, advice: str) -> ServiceTemplate:
    if not isinstance(text, str):
        raise DocumentError(f"{owner(document)}[{key}] is a {type(text).__name__}, not a text. {advice}")
    return ServiceTemplate(owner(document), key, text, selector.dialect, selector.reader)


def _name(document: Document) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
