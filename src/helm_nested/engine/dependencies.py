"""The charts that a chart depends on, which `helm` demands in charts/ and the in-process engine does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from helm_nested.chart import Chart
from helm_nested.engine.archive import Files
from helm_nested.errors import ChartError
from nested_templates.yaml_documents import load_documents

# Where Helm writes them: in the latter for a chart of apiVersion v1, which may have them in the former as well.
_NAMED_IN = ("Chart.yaml", "requirements.yaml")


def require_dependencies(chart: Chart, files: Files) -> None:
    """Accept a chart, loaded as these files, if each dependency it names is in charts/, whether it is enabled or not.

    As with helm, a dependency is known by its chart's own name: neither its alias, nor its version, nor the name of its
    folder counts.

    Raises:
        ChartError: some are missing; they are named.
    """
    there = {
        path.parts[2]
        for path in files
        if len(path.parts) == 4 and path.parts[1] == "charts" and path.name == "Chart.yaml"
    }
    missing = [each for each in _named(chart, files) if each.get("name") not in there]
    if missing:
        listed = "".join(f"\n  - {_described(each)}" for each in missing)
        raise ChartError(
            f"the chart at {chart.path} depends on charts that are not in {chart.path / 'charts'}:{listed}\n"
            f"Fetch them with: helm dependency build {chart.path}"
        )


def _named(chart: Chart, files: Files) -> list[dict[str, Any]]:
    root = next(iter(files)).parts[0]
    for name in _NAMED_IN:
        content = files.get(PurePosixPath(root, name))
        documents = load_documents(content.decode("utf-8", "replace"), name) if content else []
        found = dependencies_in(documents[0]) if documents else []
        if found:
            return found
    return dependencies_in(chart.metadata)


def dependencies_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The dependencies that a Chart.yaml or requirements.yaml names."""
    entries = document.get("dependencies")
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


def _described(entry: dict[str, Any]) -> str:
    said = ", ".join(f"{key} {entry[key]}" for key in ("version", "repository", "alias", "condition") if entry.get(key))
    return f"{entry.get('name')} ({said})" if said else str(entry.get("name"))
