"""Service templates: the texts inside rendered objects that a control plane fills later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from helm_nested.errors import DocumentError
from helm_nested.yaml_documents import Document


@dataclass(frozen=True)
class Selector:
    """Where service templates sit: in objects of this kind and name (a glob), under these keys of `data` (globs)."""

    kind: str
    name: str
    keys: tuple[str, ...]

    def selects(self, document: Document) -> bool:
        """Whether the object is of this kind and name."""
        return self.kind == document.get("kind") and fnmatchcase(_name(document), self.name)


@dataclass(frozen=True)
class ServiceTemplate:
    """One template text and where it was found."""

    owner: str
    key: str
    text: str

    @property
    def where(self) -> str:
        """The place as people write it: `ConfigMap/name[key]`."""
        return f"{self.owner}[{self.key}]"


def find_service_templates(objects: Iterable[Document], selectors: Iterable[Selector]) -> Iterator[ServiceTemplate]:
    """Every service template in the objects, in their order.

    Raises:
        DocumentError: a selected object's data is no map, or a selected entry no text.
    """
    chosen = tuple(selectors)
    for document in objects:
        globs = [glob for selector in chosen if selector.selects(document) for glob in selector.keys]
        data = document.get("data") or {}
        if not globs:
            continue
        if not isinstance(data, dict):
            raise DocumentError(f"{owner(document)}: data is a {type(data).__name__}. Write it as a map of texts.")
        for key, text in ((str(key), text) for key, text in data.items()):
            if not any(fnmatchcase(key, glob) for glob in globs):
                continue
            if not isinstance(text, str):
                raise DocumentError(
                    f"{owner(document)}[{key}] is a {type(text).__name__}, not a text. "
                    f"Write it as a block scalar: '{key}: |-'."
                )
            yield ServiceTemplate(owner(document), key, text)


def owner(document: Document) -> str:
    """A rendered object as people name it: `ConfigMap/name`."""
    return f"{document.get('kind')}/{_name(document)}"


def _name(document: Document) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
