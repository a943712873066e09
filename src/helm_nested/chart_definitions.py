"""The CustomResourceDefinitions that a chart brings: in its folder crds/, in those of its charts, and rendered."""

from __future__ import annotations

import io
import tarfile
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


def with_own_definitions(claims: Claims, chart: Path, rendered: Iterable[Document]) -> Claims:
    """The claims with the definitions of the chart itself, and with those among the rendered objects.

    Raises:
        ChartError: a file of definitions cannot be read.
    """
    found = list(_in_folders(chart))
    for document in rendered:
        # Combinations differ in labels and annotations, of which a definition's schema knows nothing.
        if is_definition(document) and not any(_is_same(document, each.document) for each in found):
            name = map_of(document.get("metadata")).get("name")
            found.append(ResourceDefinition(f"the rendered {name}", document, is_rendered=True))
    return replace(claims, definitions=(*claims.definitions, *found)) if found else claims


def _is_same(one: Document, other: Document) -> bool:
    return bool(one.get("spec") == other.get("spec"))


def installed_files(chart: Path) -> Iterator[tuple[str, Parsed, str]]:
    """Every file below crds/ by its path, with its documents and its text; Helm installs them as they are.

    Raises:
        ChartError: one of them cannot be read.
    """
    try:
        for path, content in _files(chart):
            text = content.decode("utf-8")
            yield str(path), parse_documents(text, f"{chart}: {path}"), text
    except (DocumentError, OSError, UnicodeDecodeError, tarfile.TarError, EOFError) as error:
        raise ChartError(f"the definitions of the chart at {chart} cannot be read: {error}") from error


def _in_folders(chart: Path) -> Iterator[ResourceDefinition]:
    for path, parsed, _ in installed_files(chart):
        for document in parsed.documents:
            if is_definition(document):
                yield ResourceDefinition(path, document)


def _files(chart: Path) -> _Files:
    """Every manifest below crds/, of the chart and of the charts in its folder charts/, packed or not."""
    if chart.is_file():
        yield from _packed(chart.read_bytes(), PurePosixPath())
        return
    for file in sorted(chart.glob("crds/**/*")):
        path = PurePosixPath(file.relative_to(chart).as_posix())
        if file.is_file() and file.suffix in _SUFFIXES:
            yield path, file.read_bytes()
    for below in sorted(chart.glob("charts/*")):
        if below.is_dir() or below.suffix == ".tgz":
            for path, content in _files(below):
                yield PurePosixPath("charts", below.name, path), content


def _packed(archive: bytes, place: PurePosixPath) -> _Files:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            parts = path.parts
            while len(parts) > 2 and parts[0] == "charts":
                parts = parts[2:]
            content = members.extractfile(member) if parts else None
            if content is None:
                continue
            if len(parts) > 1 and parts[0] == "crds" and parts[-1].endswith(_SUFFIXES):
                yield place / path, content.read()
            elif len(parts) == 2 and parts[0] == "charts" and parts[1].endswith(".tgz"):
                yield from _packed(content.read(), place / path)
