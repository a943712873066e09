"""Service templates: the texts inside rendered objects that a control plane fills later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from nested_templates.dialect import STRING_TEMPLATE, Dialect
from nested_templates.document_path import join
from nested_templates.errors import DocumentError
from nested_templates.template_path import Location, TemplatePath
from nested_templates.yaml_documents import CONSUMER_READER, Document

# Begins what stands in an object where a service template was taken out: a private-use character, so that no text of
# a chart is mistaken for it. The template's key follows.
TAKEN = "\ue000"


@dataclass(frozen=True)
class Selector:
    """Where service templates sit, how they are filled, and by which reader the filled text is read.

    In objects of this kind and name (a glob), under these keys of `data` (globs), and wherever the path leads.
    """

    kind: str
    name: str
    keys: tuple[str, ...] = ()
    path: TemplatePath | None = None
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
        yield from (template for _, template in _located(document, chosen).values())


def take_service_templates(document: Document, selectors: Sequence[Selector]) -> list[tuple[int, ServiceTemplate]]:
    """The same of one object, each with the number of its selector; in the object a mark is left in its place.

    Raises:
        DocumentError: as above.
    """
    located = _located(document, selectors)
    for location, (_, template) in located.items():
        place: Any = document
        *steps, last = location
        for step in steps:
            place = place[step]
        place[last] = TAKEN + template.key
    return list(located.values())


def restore_service_templates(value: Any, text_of: Callable[[str], str | None]) -> Any:  # noqa: ANN401 - any YAML
    """The value with texts in place of the marks that were left; `text_of` tells the text by its key."""
    if isinstance(value, dict):
        return {key: restore_service_templates(item, text_of) for key, item in value.items()}
    if isinstance(value, list):
        return [restore_service_templates(item, text_of) for item in value]
    if isinstance(value, str) and value.startswith(TAKEN):
        text = text_of(value.removeprefix(TAKEN))
        return value if text is None else text
    return value


def _located(document: Document, selectors: Sequence[Selector]) -> dict[Location, tuple[int, ServiceTemplate]]:
    """The service templates of an object by where they stand, each with the number of the selector that says how."""
    selecting = [(rank, selector) for rank, selector in enumerate(selectors) if selector.selects(document)]
    found: dict[Location, tuple[int, ServiceTemplate]] = {}
    if not selecting:
        return found
    for location, rank, template in [*_by_key(document, selecting), *_by_path(document, selecting)]:
        if location not in found or rank < found[location][0]:
            found[location] = (rank, template)
    return found


def owner(document: Document) -> str:
    """A rendered object as people name it: `ConfigMap/name`."""
    return f"{document.get('kind')}/{_name(document)}"


def _by_key(
    document: Document, selectors: Sequence[tuple[int, Selector]]
) -> Iterator[tuple[Location, int, ServiceTemplate]]:
    if not any(selector.keys for _, selector in selectors):
        return
    data = document.get("data") or {}
    if not isinstance(data, dict):
        raise DocumentError(f"{owner(document)}: data is a {type(data).__name__}. Write it as a map of texts.")
    for key, text in ((str(key), text) for key, text in data.items()):
        for rank, selector in selectors:
            if selector.selects_key(key):
                template = _template(document, key, text, selector, f"Write it as a block scalar: '{key}: |-'.")
                yield ("data", key), rank, template
                break
    _refuse_elsewhere(document, [selector for _, selector in selectors])


def _refuse_elsewhere(document: Document, selectors: Sequence[Selector]) -> None:
    """What is under such a key in another map is not looked at, which its owner would not notice."""
    if any(selector.path for selector in selectors):
        return  # it may lead there
    for field, kept in (("stringData", "as it is"), ("binaryData", "in base64")):
        inside = document.get(field)
        for key in map(str, inside if isinstance(inside, dict) else ()):
            if any(selector.selects_key(key) for selector in selectors):
                raise DocumentError(
                    f"{owner(document)}: 'keys' selects {key!r}, which stands in {field} {kept}, and only data is "
                    "looked at. Select it by 'path' if it is a text, move it to data, or narrow 'keys'."
                )


def _by_path(
    document: Document, selectors: Sequence[tuple[int, Selector]]
) -> Iterator[tuple[Location, int, ServiceTemplate]]:
    for rank, selector in selectors:
        for match in selector.path.find(document, owner(document)) if selector.path else ():
            advice = "Correct 'path' in the configuration so that it leads to a text, or write one there."
            yield (
                match.location,
                rank,
                _template(document, join("", match.location), match.value, selector, advice),
            )


def _template(document: Document, key: str, text: object, selector: Selector, advice: str) -> ServiceTemplate:
    if not isinstance(text, str):
        place = f"{owner(document)}[{key}]" if key else owner(document)
        raise DocumentError(f"{place} is a {type(text).__name__}, not a text. {advice}")
    return ServiceTemplate(owner(document), key, text, selector.dialect, selector.reader)


def _name(document: Document) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
