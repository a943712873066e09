"""CustomResourceDefinitions: which custom resources each defines, and the plain half of its schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from helm_nested.errors import DocumentError, SchemaError
from helm_nested.kubernetes.api_group import api_group, is_custom
from helm_nested.kubernetes.document_part import map_of, maps_in
from helm_nested.kubernetes.structural_schema import strict
from nested_templates.input_file import read_text
from nested_templates.yaml_documents import Document, load_documents


@dataclass(frozen=True, eq=False)
class ResourceDefinition:
    """One CustomResourceDefinition and what a message calls it.

    Of those that the chart itself renders, each combination has its own: a resource must suit one of them. Of the
    others it must suit all, because each is of a release that is claimed.
    """

    name: str
    document: Document
    is_rendered: bool = False

    def serves(self, document: Document) -> bool:
        """Whether the document is of the kind, and of a version, that the definition serves."""
        spec = map_of(self.document.get("spec"))
        return (
            map_of(spec.get("names")).get("kind") == document.get("kind")
            and spec.get("group") == api_group(document)
            and self._schema(str(document.get("apiVersion"))) is not None
        )

    def plain_schema(self, api_version: str) -> dict[str, Any]:
        """What a JSON Schema can express of that version, strict about fields that it does not know."""
        schema = strict(self._schema(api_version) or {})
        own: dict[str, Any] = {key: {} for key in ("apiVersion", "kind", "metadata")}
        return schema | {"properties": schema.get("properties", {}) | own}

    def _schema(self, api_version: str) -> dict[Any, Any] | None:
        wanted = api_version.rpartition("/")[2]
        for _, version in maps_in(map_of(self.document.get("spec")).get("versions"), "spec.versions"):
            if version.get("name") == wanted and version.get("served") is True:
                return map_of(map_of(version.get("schema")).get("openAPIV3Schema"))
        return None


def is_definition(document: Document) -> bool:
    """Whether the document is a CustomResourceDefinition of the version that there is."""
    return (
        document.get("kind") == "CustomResourceDefinition" and document.get("apiVersion") == "apiextensions.k8s.io/v1"
    )


def definitions_for(
    document: Document, files: tuple[Path, ...], others: tuple[ResourceDefinition, ...]
) -> list[ResourceDefinition]:
    """Those definitions of the files, and of the others, that serve this custom resource; none of a built-in kind.

    Raises:
        SchemaError: a file of definitions cannot be read, or holds none.
    """
    if not is_custom(document):
        return []
    every = (*_of_files(files), *others)
    return [each for each in every if each.serves(document)]


@cache
def _of_files(files: tuple[Path, ...]) -> tuple[ResourceDefinition, ...]:
    return tuple(definition for file in files for definition in _of_file(file))


def _of_file(file: Path) -> Iterator[ResourceDefinition]:
    try:
        documents = load_documents(read_text(file), str(file))
    except (DocumentError, OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SchemaError(f"the definitions in {file} cannot be read: {reason}. Correct the file.") from error
    found = [document for document in documents if is_definition(document)]
    if not found:
        raise SchemaError(
            f"{file} holds no CustomResourceDefinition of apiextensions.k8s.io/v1. Correct the file, or the pattern "
            "under checks.customResourceDefinitions."
        )
    # Two releases of the same software differ in the folder only.
    yield from (ResourceDefinition("/".join(file.parts[-2:]), document) for document in found)
