"""A chart on disk, before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helm_nested.errors import ChartError, DocumentError
from helm_nested.yaml_documents import load_documents


@dataclass(frozen=True)
class Chart:
    """A chart directory or archive and what its Chart.yaml says (empty for an archive)."""

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
        return Chart(path, {})
    if not path.is_dir():
        found = "that is a file" if path.exists() else "no such directory"
        raise ChartError(f"no chart at {path}: {found}. Name a directory that holds a Chart.yaml, or a .tgz archive.")
    chart_file = path / "Chart.yaml"
    if not chart_file.is_file():
        nested = sorted(found.parent for found in path.glob("*/Chart.yaml"))
        hint = f"Did you mean {nested[0]}?" if nested else "Name a directory that holds a Chart.yaml."
        raise ChartError(f"no chart at {path}: it has no Chart.yaml. {hint}")
    try:
        documents = load_documents(chart_file.read_text(encoding="utf-8"), str(chart_file))
    except (DocumentError, UnicodeDecodeError, OSError) as error:
        raise ChartError(f"the chart at {path} cannot be read: {error}") from error
    if len(documents) != 1 or not isinstance(documents[0].get("name"), str):
        raise ChartError(f"{chart_file} names no chart. Add 'name:', 'version:' and 'apiVersion: v2'.")
    return Chart(path, documents[0])
