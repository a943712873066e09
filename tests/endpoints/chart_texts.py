"""The templates of the chart as each scenario's values make them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from helm_nested.chart import load_chart
from helm_nested.configuration import load_configuration
from helm_nested.engine import Release, open_in_process
from helm_nested.scenario import load_scenarios
from nested_templates.service_template import find_service_templates
from nested_templates.yaml_documents import load_documents

ROOT = Path(__file__).parents[2]
CONFIGURATION = load_configuration(ROOT / "helm-nested.yaml")
SCENARIOS = load_scenarios(CONFIGURATION.scenarios)


@cache
def texts_of(scenario: str) -> dict[str, str]:
    """The keys and texts of the chart's ConfigMap."""
    (chosen,) = (each for each in SCENARIOS if each.name == scenario)
    engine = open_in_process(load_chart(CONFIGURATION.chart))
    objects = [
        document
        for manifest in engine.render(chosen.layers, Release()).manifests
        for document in load_documents(manifest.text, manifest.source)
    ]
    return {each.key: each.text for each in find_service_templates(objects, CONFIGURATION.selectors)}
