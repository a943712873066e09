"""The CustomResourceDefinitions that a chart brings: in its folder crds/, in those of its charts, and rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from helm_nested.checking.model import Claims
from helm_nested.errors import ChartError, DocumentError
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.resource_definition import ResourceDefinition, is_definition
from nested_templates.yaml_documents import Document, Parsed, parse_documents

# https://github.com/helm/helm/blob/v4.2.3/pkg/chart/v2/chart.go (CRDObjects, hasManifestExtension)
_SUFFIXES = (".yaml", ".yml", ".json")
_Files = Iterator[tuple[PurePosixPath, bytes]]
# Its path, its documents, its text.
InstalledFile = tuple[str, Parsed, str]


def with_own_definitions(claims: Claims, installed: Iterable[InstalledFile], rendered: Iterable[Document]) -> Claims:
    """The claims with the definitions in the chart's own files, and with those among the rendered objects."""
    found = [
        ResourceDefinition(path, document)
        for path, parsed, _ in installed
        for document in parsed.documents
        if is_definition(document)
    ]
    for document in rendered:
        # Combinations differ in labels and annotations, of which a definition's schema knows nothing.
        if is_definition(document) and not any(_is_same(document, each.document) for each in found):
            name = map_of(document.get("metadata")).get("name")
            found.append(ResourceDefinition(f"the rendered {name}", document, is_rendered=True))
    return replace(claims, definitions=(*claims.definitions, *found)) if found else claims


def _is_same(one: Document, other: Document) -> bool:
    return bool(one.get("spec") == other.get("spec"))


def installed_files(chart: Path) -> Iterator[InstalledFile]:
    """Every file below crds/ by its path, with its documents and its text; Helm installs them as they are.

    Raises:
        ChartError: one of them cannot be read.
    """
    try:
        for path, content in _files(chart):
            text = content.decode("utf-8")
            yield str(path), parse_documents(text, f"{chart}: {path}"), text
    except (DocumentError, UnicodeDecodeError) as error:
        raise ChartError(f"the definitions of the chart at {chart} cannot be read: {error}") from error


def _files(chart: Path) -> _Files:
    """Every manifest below crds/ that Helm loads, of the chart and of the charts in its folder charts/."""
    if not chart.is_file() and not (chart / "crds").exists() and not any(chart.glob("charts/*")):
        return  # most charts have none, and loading takes a while
    from helm_nested.engine.in_process import loaded_files

    for path, content in loaded_files(chart):
        inside = PurePosixPath(*path.parts[1:])
        parts = inside.parts
        while len(parts) > 2 and parts[0] == "charts":
            parts = parts[2:]
        if len(parts) > 1 and parts[0] == "crds" and parts[-1].endswith(_SUFFIXES):
            yield inside, content
