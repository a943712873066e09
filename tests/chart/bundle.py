"""One rendering of the chart for the properties to look at: stage-one objects, and service templates ready to fill."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helm_nested.chart import load_chart
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.engine import IN_PROCESS, Engine, Release, open_engine
from nested_templates.contract import ArgumentSet, Contract, load_argument_sets, load_contract
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill
from nested_templates.service_template import ServiceTemplate, find_service_templates
from nested_templates.yaml_documents import Document, load_documents

ROOT = Path(__file__).parents[2]
CHART = Path(os.environ.get("HELM_NESTED_CHART", ROOT / "charts" / "temporal-endpoints"))
DEVICES = ("cpu", "gpu")
LLM_ENGINE_SCENARIOS = sorted((ROOT / "values").glob("llm-engine-*.yaml"))
SCENARIOS = sorted((ROOT / "values").glob("*.yaml")) + sorted((CHART / "ci").glob("*.yaml"))

Values = Mapping[str, Any]


@cache
def configuration() -> Configuration:
    """The repository's own configuration."""
    return load_configuration(ROOT / "helm-nested.yaml")


@cache
def contract() -> Contract:
    """The repository's contract."""
    return load_contract(configuration().contract)


@cache
def argument_sets() -> dict[str, ArgumentSet]:
    """The repository's argument sets by name."""
    return {each.name: each for each in load_argument_sets(configuration().argument_sets, contract())}


def deployment_key(device: str) -> str:
    """The ConfigMap key of the Deployment for that device."""
    return f"deployment-runnable-image-temporal-{device}.yaml"


def merged(*values: Values) -> dict[str, Any]:
    """Values maps merged by key, the last one wins."""
    result: dict[str, Any] = {}
    for each in values:
        for key, value in each.items():
            below = result.get(key)
            result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


@dataclass(frozen=True)
class Bundle:
    """What one set of values leads to."""

    objects: tuple[Document, ...]
    notes: str
    templates: Mapping[str, ServiceTemplate]

    def filled(self, key: str, argument_set: str, encoder: str = "json") -> tuple[Document, ...]:
        """The documents of one service template filled with one argument set."""
        return fill(self.templates[key], argument_sets()[argument_set], contract(), ENCODERS[encoder]).documents

    def deployment(self, device: str, argument_set: str | None = None) -> Any:
        """The filled Deployment for that device."""
        (document,) = self.filled(deployment_key(device), argument_set or default_argument_set(device))
        return document

    def pod(self, device: str, argument_set: str | None = None) -> Any:
        """The pod spec in that Deployment."""
        return self.deployment(device, argument_set)["spec"]["template"]["spec"]

    def container(self, device: str, argument_set: str | None = None) -> Any:
        """The container `main` in that pod."""
        (container,) = self.pod(device, argument_set)["containers"]
        return container

    def scaled_object(self, argument_set: str = "gpu-h100") -> Any:
        """The filled ScaledObject."""
        (document,) = self.filled("keda-scaled-object-temporal.yaml", argument_set)
        return document

    def one(self, kind: str, name: str | None = None) -> Any:
        """The one stage-one object of that kind (and name)."""
        (found,) = self.all(kind, name)
        return found

    def all(self, kind: str, name: str | None = None) -> list[Any]:
        """Every stage-one object of that kind (and name)."""
        return [each for each in self.objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]


def default_argument_set(device: str) -> str:
    """An ordinary argument set for that device."""
    return {"cpu": "converted-artifact", "gpu": "gpu-h100"}[device]


@cache
def engine(chart: Path) -> Engine:
    """The in-process engine with that chart loaded."""
    return open_engine(IN_PROCESS, load_chart(chart))


def render(values: Values | None = None, *, chart: Path = CHART, release: Release | None = None) -> Bundle:
    """Render a chart (this repository's, unless another is named) with these values."""
    return render_layers(json.dumps(values or {}, ensure_ascii=False), chart=chart, release=release)


def render_file(file: Path, values: Values | None = None) -> Bundle:
    """Render the chart with a values file, and more values over it."""
    return render_layers(file.read_text(encoding="utf-8"), json.dumps(values or {}, ensure_ascii=False))


def render_layers(*layers: str, chart: Path = CHART, release: Release | None = None) -> Bundle:
    """Render a chart with values as YAML texts, the last one wins."""
    stage_one = engine(chart).render(layers, release or configuration().release)
    objects = tuple(
        document for manifest in stage_one.manifests for document in load_documents(manifest.text, manifest.source)
    )
    found = find_service_templates(objects, configuration().selectors)
    return Bundle(objects, stage_one.notes, {template.key: template for template in found})


KEDA: Values = {"temporal": {"scaling": "keda", "connection": {"address": "temporal-frontend.temporal:7233"}}}
MUTUAL_TLS: Values = merged(KEDA, {"temporal": {"connection": {"tls": {"secretName": "client-certificate"}}}})
API_KEY: Values = merged(KEDA, {"temporal": {"connection": {"apiKey": {"secretName": "api-key"}}}})
