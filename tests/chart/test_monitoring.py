"""Monitoring: who is scraped, what is alerted on, and that every metric asked for is one that somebody exports."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over
from nested_templates.yaml_documents import load_documents

from .bundle import CHART, DEVICES, KEDA, ROOT, merged, render
from .names import endpoint_namespace, launch_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from helm_nested.engine import Release

    Document = Mapping[str, Any]

ALL = merged(
    KEDA,
    {
        "temporal": {
            "metrics": {"port": 9000},
            "install": {"podMonitor": True, "prometheusRule": True, "dashboards": True},
        }
    },
)
ALERTS = Path(__file__).with_name("alerts.yaml")
DASHBOARD = CHART / "dashboards" / "temporal-workers.json"
# Labels that Prometheus itself makes: where it scrapes without honorLabels, `namespace` is the target's.
MADE_BY_PROMETHEUS = {"exported_namespace"}


@cache
def metrics() -> dict[str, Any]:
    """The metrics that are known to exist, with their labels and sources."""
    (found,) = load_documents((ROOT / "schemas" / "metrics.yaml").read_text(encoding="utf-8"), "metrics.yaml")
    return dict(found)


def alerts(namespace: str) -> dict[str, Any]:
    """The alerts that are meant for the endpoints of that namespace."""
    text = ALERTS.read_text(encoding="utf-8").replace("NAMESPACE", namespace)
    (found,) = load_documents(text, ALERTS.name)
    return dict(found)


def rules() -> list[Any]:
    """The alerts of both ways to count who polls."""
    without = merged(ALL, {"temporal": {"install": {"podMonitor": False}}})
    return [
        rule
        for values in (ALL, without)
        for group in render(values).one("PrometheusRule")["spec"]["groups"]
        for rule in group["rules"]
    ]


def dashboard_expressions() -> Iterator[str]:
    """Every query of the dashboard."""
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]


@over(kind="PodMonitor", stage="installed")
def test_pod_monitor_reads_the_workers(document: Document, values: Document) -> None:
    """It selects this llm-engine's Temporal workers and reads the port named metrics, at the interval that is set."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "monitoring":
        return
    interval = values["temporal.monitoring.scrapeInterval"]
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}
    assert document["apiVersion"] == "monitoring.coreos.com/v1"
    assert document["spec"] == {
        "selector": {"matchLabels": {"endpoint_type": "temporal", "managed-by": launch_name(values)}},
        "podTargetLabels": ["app", "endpoint_id", "endpoint_name"],
        "podMetricsEndpoints": [{"port": "metrics", **({"interval": interval} if interval else {})}],
    }


@over(kind="PrometheusRule", stage="installed")
def test_alerts_are_these(document: Document, values: Document, release: Release) -> None:
    """Three alerts, to the letter those of alerts.yaml, for the endpoints' namespace."""
    (group,) = document["spec"]["groups"]
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}
    assert document["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(document["spec"]) == {"groups"}
    assert group["name"] == document["metadata"]["name"]
    meant = alerts(endpoint_namespace(values, release))
    first = meant["scraped" if values["temporal.install.podMonitor"] else "not scraped"]
    assert group["rules"] == [first, *meant["always"]]


def test_series_are_joined_by_the_names_that_objects_have() -> None:
    """Alerts join by the ScaledObject's name, which the Deployment and `app` share, and by KEDA's name of the HPA."""
    first, second, _, other, *_ = rules()
    assert '"scaledObject", "$1", "app", "(.+)"' in first["expr"]
    assert '"scaledObject", "$1", "deployment", "(.+)"' in other["expr"]
    assert '"horizontalpodautoscaler", "keda-hpa-$1", "scaledObject", "(.+)"' in second["expr"]
    bundle = render(ALL)
    for device in DEVICES:
        deployment = bundle.deployment(device, "gpu-h100" if device == "gpu" else None)
        assert deployment["spec"]["template"]["metadata"]["labels"]["app"] == deployment["metadata"]["name"]
    assert bundle.scaled_object()["metadata"]["name"] == bundle.deployment("gpu")["metadata"]["name"]
    assert "name" not in bundle.scaled_object()["spec"]["advanced"].get("horizontalPodAutoscalerConfig", {})


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Every metric that an expression asks for, with the labels that it is selected by."""
    for name, matchers in re.findall(r"([a-z][a-z0-9_]+)\{([^}]*)\}", expression):
        yield name, set(re.findall(r"([A-Za-z_]+)(?==|!|=~)", matchers))
    for name in re.findall(r"label_values\(([a-z0-9_]+)[,{]", expression):
        yield name, set()


def test_every_metric_is_one_that_somebody_exports() -> None:
    """Alerts and dashboard ask for metrics and labels that are in schemas/metrics.yaml, which has no others."""
    used = set()
    for expression in (*(rule["expr"] for rule in rules()), *dashboard_expressions()):
        found = list(asked(expression))
        assert found, expression
        for name, labels in found:
            assert name in metrics(), f"{name} is in no source: {expression}"
            assert labels - MADE_BY_PROMETHEUS <= set(metrics()[name]["labels"]), expression
            used.add(name)
    assert used == set(metrics())


def test_dashboard_is_installed_as_it_stands() -> None:
    """The ConfigMap holds the dashboard to the letter, under a name that ends in .json."""
    (config_map,) = [each for each in render(ALL).all("ConfigMap") if each["metadata"]["name"].endswith("-dashboards")]
    assert config_map["data"] == {"temporal-workers.json": DASHBOARD.read_text(encoding="utf-8").strip()}
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_panels_have_a_place_and_a_text() -> None:
    """No two panels have the same number or place, and each says what it shows."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["description"] for panel in panels)


def test_sources_of_metrics_are_named() -> None:
    """Each metric names the module and the file that it was read in."""
    for name, metric in metrics().items():
        assert re.match(r"\S+\.\S+/\S+ ?\S*, \S+", metric["source"]), name
        assert Path(metric["source"].split(", ")[1].split(";")[0]).suffix in {".go", ".md"}
