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
        DocumentError: a selected entry is not a text.
    """
    chosen = tuple(selectors)
    for document in objects:
        name = str(document.get("metadata", {}).get("name", ""))
        owner = f"{document.get('kind')}/{name}"
        for key, text in (document.get("data") or {}).items():
            if not any(
                selector.kind == document.get("kind")
                and fnmatchcase(name, selector.name)
                and any(fnmatchcase(key, glob) for glob in selector.keys)
                for selector in chosen
            ):
                continue
            if not isinstance(text, str):
                raise DocumentError(
                    f"{owner}[{key}] is a {type(text).__name__}, not a text. Write it as a block scalar: '{key}: |-'."
                )
            yield ServiceTemplate(owner, key, text)
