"""A chart on disk, before anything is rendered."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from helm_nested.errors import ChartError, DocumentError
from nested_templates.yaml_documents import load_documents

# https://github.com/helm/helm/blob/v4.2.3/pkg/chart/loader/archive/archive.go (MaxDecompressedFileSize)
_LIMIT = 5 << 20
_VERSIONS = ("v1", "v2")


@dataclass(frozen=True)
class Chart:
    """A chart directory or archive and what its Chart.yaml says."""

    path: Path
    metadata: dict[str, Any]

    @property
    def name(self) -> str:
        """The chart's name; for an archive the file's name."""
        return str(self.metadata.get("name", self.path.stem))


def load_chart(path: Path) -> Chart:
    """Find the chart at `path`.

    Raises:
        ChartError: there is nothing there, or it has no readable Chart.yaml.
    """
    if path.is_file() and path.suffix in {".tgz", ".gz"}:
        return Chart(path, _metadata(path, _packed_chart_file(path), f"{path}: Chart.yaml"))
    if not path.is_dir():
        found = "that is a file" if path.exists() else "no such directory"
        raise ChartError(f"no chart at {path}: {found}. Name a directory that holds a Chart.yaml, or a .tgz archive.")
    chart_file = path / "Chart.yaml"
    if not chart_file.is_file():
        nested = sorted(found.parent for found in path.glob("*/Chart.yaml"))
        hint = f"Did you mean {nested[0]}?" if nested else "Name a directory that holds a Chart.yaml."
        raise ChartError(f"no chart at {path}: it has no Chart.yaml. {hint}")
    ignoring = path / ".helmignore"
    if ignoring.is_fifo():  # Helm would wait for what never comes
        raise ChartError(f"the chart at {path} cannot be read: {ignoring} is a named pipe, not a file. Remove it.")
    try:
        content = _read(chart_file.open("rb"), str(chart_file))
    except OSError as error:
        raise ChartError(f"the chart at {path} cannot be read: {error}") from error
    return Chart(path, _metadata(path, content, str(chart_file)))


def require_known_version(chart: Chart) -> None:
    """Accept a chart whose apiVersion Helm 4 knows: Helm 3 takes every one, and Helm's library does not ask.

    Raises:
        ChartError: it is another one.
    """
    version = chart.metadata.get("apiVersion") or "v2"
    if version not in _VERSIONS:
        raise ChartError(
            f"the chart at {chart.path} has the apiVersion {version!r}, which Helm 4 refuses. Set 'apiVersion: v2' "
            "in its Chart.yaml."
        )


def require_installable(chart: Chart) -> None:
    """Accept a chart of which Helm renders something by itself.

    Raises:
        ChartError: it is a library chart, which only other charts use.
    """
    if chart.metadata.get("type") == "library":
        raise ChartError(
            f"the chart at {chart.path} is a library chart: Helm renders nothing of it, and installs none. Name a "
            "chart that depends on it."
        )


def _metadata(path: Path, content: bytes, where: str) -> dict[str, Any]:
    try:
        documents = load_documents(content.decode("utf-8"), where)
    except (DocumentError, UnicodeDecodeError) as error:
        raise ChartError(f"the chart at {path} cannot be read: {error}") from error
    if len(documents) != 1 or not isinstance(documents[0].get("name"), str):
        raise ChartError(f"{where} names no chart. Add 'name:', 'version:' and 'apiVersion: v2'.")
    return documents[0]


def _read(file: IO[bytes], where: str) -> bytes:
    with file:
        content = file.read(_LIMIT + 1)
    if len(content) > _LIMIT:
        raise ChartError(f"{where} has more than {_LIMIT} bytes, the most that Helm takes of a file. Make it smaller.")
    return content


def _packed_chart_file(path: Path) -> bytes:
    """Chart.yaml of the chart in an archive: NAME/Chart.yaml, and not a dependency's below charts/."""
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                content = archive.extractfile(member) if len(parts) == 2 and parts[1] == "Chart.yaml" else None
                if content is not None:
                    return _read(content, f"{path}: Chart.yaml")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise ChartError(f"Helm cannot load the chart at {path}: {error}. Try: helm lint {path}") from error
    raise ChartError(f"the archive {path} holds no Chart.yaml. Pack the chart again with: helm package")
