"""The values that a matrix should vary: those of values.yaml, and of subcharts that service templates come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from helm_nested.engine.protocol import split_manifests
from helm_nested.engine.subcharts import chart_folders
from helm_nested.errors import DocumentError
from helm_nested.findings.rendered_scenario import RenderedScenario
from helm_nested.findings.unvaried import Path, leaves_with_values
from nested_templates.service_template import Selector
from nested_templates.yaml_documents import load_documents

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine


def own_values(
    engine: InProcessEngine, rendered: Sequence[RenderedScenario], selectors: Sequence[Selector]
) -> Mapping[Path, Any]:
    """Each leaf of them with what stands there.

    A subchart that no service template comes from, say a database of somebody else, is not what is proven here.
    """
    found = dict(leaves_with_values(engine.default_values()))
    texts = [(_subchart(source), source, text) for each in rendered for source, text in each.rendered.texts.items()]
    holding: set[Path] = set()
    for chart, source, text in texts:
        if chart and chart not in holding and _holds(source, text, selectors):
            holding.add(chart)
    charts = {chart for chart, _, _ in texts}
    for path, value in leaves_with_values(engine.known_values()) if holding else ():
        innermost = max((chart for chart in charts if path[: len(chart)] == chart), key=len, default=())
        # Helm puts the globals there, which are the chart's.
        if innermost in holding and path[len(innermost) :][:1] not in ((), ("global",)):
            found.setdefault(path, value)
    return found


def _subchart(source: str) -> Path:
    """Under which keys of the values a template's chart has its own: CHART/charts/ONE/charts/TWO/templates/..."""
    return tuple(folder.name for folder in chart_folders(PurePosixPath(source)))[1:]


def _holds(source: str, text: str, selectors: Sequence[Selector]) -> bool:
    """Whether an object of that rendered template has service templates."""
    try:
        return any(selector.selects(document) for document in _documents(source, text) for selector in selectors)
    except DocumentError:
        return False  # told elsewhere


def _documents(source: str, text: str) -> Iterator[dict[Any, Any]]:
    for manifest in split_manifests(source, text):
        yield from load_documents(manifest.text, source)
