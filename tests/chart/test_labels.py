"""Labels and annotations: of what an endpoint gets, of its pods, and of what the release installs."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import CHART, render
from .connection import installs_connection
from .free_values import entries, filled
from .labels import endpoint_labels, release_labels, selector_labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from helm_nested.engine import Release

    Document = Mapping[str, Any]

COMPONENTS = {
    "NetworkPolicy": "workers",
    "ServiceAccount": "workers",
    "PriorityClass": "workers",
    "Pod": "test",
    "PodMonitor": "monitoring",
    "PrometheusRule": "monitoring",
}
# Labels that one kind of object has besides, by which another program selects it.
MORE = {
    "PodMonitor": "temporal.monitoring.labels",
    "PrometheusRule": "temporal.monitoring.labels",
    "dashboards": "temporal.monitoring.dashboardLabels",
}
# The kind of the matrix's extra object, which is installed as it is.
EXTRA = "LimitRange"
CHECKSUM = "temporal.scaleml.io/connection-checksum"


def is_of_the_control_plane(document: Document) -> bool:
    """Whether a template of the control plane's makes it, by its name."""
    return "-control-plane" in document["metadata"]["name"] or document["metadata"]["name"].endswith("-token-review")


@over(stage="filled")
def test_every_object_of_an_endpoint_has_the_base_labels(
    document: Document, values: Document, arguments: Document
) -> None:
    """Each object has exactly the labels that the control plane reads back, as texts even if they look like numbers."""
    assert document["metadata"]["labels"] == endpoint_labels(values, arguments)


@over(kind="Deployment", stage="filled")
def test_pod_labels_are_exactly_these(document: Document, values: Document, arguments: Document) -> None:
    """A pod has the base labels, the selector's, its type, its image's, no sidecar, and what `podLabels` adds."""
    labels = document["spec"]["template"]["metadata"]["labels"]
    assert labels == {
        **selector_labels(arguments),
        **endpoint_labels(values, arguments),
        "endpoint_type": "temporal",
        arguments["IMAGE_HASH"]: "True",
        "sidecar.istio.io/inject": "false",
        **filled(entries(values["temporal.podLabels"]), arguments),
    }


@over(kind="Deployment", stage="filled")
def test_selector_is_the_endpoints_and_never_changes(document: Document, arguments: Document) -> None:
    """The immutable selector is the endpoint's name and version alone, and selects its pods."""
    selector = document["spec"]["selector"]
    assert selector == {"matchLabels": selector_labels(arguments)}
    assert selector["matchLabels"].items() <= document["spec"]["template"]["metadata"]["labels"].items()


@over(kind="Deployment", stage="filled")
def test_pod_annotations_are_exactly_these(document: Document, values: Document, arguments: Document) -> None:
    """A pod says where its logs belong and what `podAnnotations` adds; the checksum if the connection is installed."""
    annotations = dict(document["spec"]["template"]["metadata"].get("annotations") or {})
    assert (CHECKSUM in annotations) == installs_connection(values)
    annotations.pop(CHECKSUM, None)
    logs = f'[{{"service": "{arguments["ENDPOINT_NAME"]}", "source": "python"}}]'
    assert annotations == {
        "ad.datadoghq.com/main.logs": logs,
        **filled(entries(values["temporal.podAnnotations"]), arguments),
    }


@over(kind="Deployment", stage="filled")
def test_deployment_annotations_are_what_the_control_plane_reads_back(document: Document, arguments: Document) -> None:
    """The Deployment carries the queue, the bounds and the change cause, which on the pods would restart them."""
    assert document["metadata"]["annotations"] == {
        "temporal.scaleml.io/taskQueue": arguments["TEMPORAL_TASK_QUEUE"],
        "temporal.scaleml.io/minWorkers": str(arguments["MIN_WORKERS"]),
        "temporal.scaleml.io/maxWorkers": str(arguments["MAX_WORKERS"]),
        "temporal.scaleml.io/perWorker": str(arguments["PER_WORKER"]),
        "kubernetes.io/change-cause": arguments["CHANGE_CAUSE_MESSAGE"],
    }


@over(stage="filled")
def test_only_two_kinds_have_annotations(document: Document) -> None:
    """What an endpoint gets has a name, a namespace and labels; two kinds have annotations as well."""
    allowed = {"name", "namespace", "labels"}
    if document["kind"] in ("Deployment", "ScaledObject"):
        allowed.add("annotations")
    assert set(document["metadata"]) <= allowed


@over(stage="installed")
def test_installed_objects_have_the_recommended_labels(document: Document, values: Document, release: Release) -> None:
    """What the release installs has Helm's recommended labels, with the part that it is, and `install.labels`."""
    if document["kind"] == EXTRA:
        return
    component = "control-plane" if is_of_the_control_plane(document) else COMPONENTS.get(document["kind"])
    if document["kind"] == "ConfigMap":
        suffix = document["metadata"]["name"].rpartition("-")[2]
        component = {"connection": "connection", "dashboards": "dashboards"}.get(suffix, "service-templates")
    assert component, f"{document['kind']} has no component yet: add it here"
    more = entries(values["temporal.install.labels"])
    path = MORE.get(document["kind"]) or MORE.get(component)
    more |= entries(values[path]) if path else {}
    assert document["metadata"]["labels"] == {**release_labels(release, component), **more}


@over(kind="ConfigMap", stage="installed")
def test_config_map_says_what_it_claims(document: Document, values: Document, release: Release) -> None:
    """The service-template ConfigMap says how workers scale, what level they claim, and what values add.

    As a hook it says as well that Helm must keep it and whose it is, so that a live release can switch both ways.
    """
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "service-templates":
        return
    hook = {
        "helm.sh/hook": "pre-install,pre-upgrade,pre-rollback",
        "helm.sh/hook-weight": "-2",
        "helm.sh/resource-policy": "keep",
        "meta.helm.sh/release-name": release.name,
        "meta.helm.sh/release-namespace": release.namespace,
    }
    assert document["metadata"]["annotations"] == {
        "temporal.scaleml.io/scaling": values["temporal.scaling"],
        "temporal.scaleml.io/pod-security": values["temporal.podSecurity"],
        **(hook if values["temporal.configMap.hook"] else {}),
        **entries(values["temporal.install.annotations"]),
        **entries(values["temporal.configMap.annotations"]),
    }


@over(stage="installed")
def test_what_workers_cannot_start_without_is_kept(document: Document, values: Document) -> None:
    """Helm leaves the connection, the account and the priority classes in the cluster, unless `install.keep` is off.

    It leaves the control plane's records there as well. Every other object leaves with the release, but for a hook,
    which Helm never removes.
    """
    if document["kind"] == EXTRA:
        return
    annotations = document["metadata"].get("annotations", {})
    kinds = ("PersistentVolumeClaim",) if is_of_the_control_plane(document) else ("ServiceAccount", "PriorityClass")
    is_needed = document["kind"] in kinds or document["metadata"]["name"].endswith("-connection")
    is_hook = annotations.get("helm.sh/hook") == "pre-install,pre-upgrade,pre-rollback"
    expected = "keep" if is_hook or (is_needed and values["temporal.install.keep"]) else None
    assert annotations.get("helm.sh/resource-policy") == expected


@over(stage="installed")
def test_annotations_of_the_release_are_on_every_object(document: Document, values: Document) -> None:
    """`install.annotations` are on each installed object, and null entries are not."""
    if document["kind"] != EXTRA:
        annotations = document["metadata"].get("annotations", {})
        assert entries(values["temporal.install.annotations"]).items() <= annotations.items()
        assert None not in annotations.values()


@over(kind="LimitRange", stage="installed")
def test_extra_objects_are_installed_as_they_are(document: Document, values: Document) -> None:
    """An extra object is installed to the letter, braces of another template language included."""
    assert document in values["temporal.extraObjects"]


def test_annotations_of_an_object_win() -> None:
    """A ConfigMap's own annotation wins over the release's, and an account's over llm-engine's value for it."""
    values = {
        "serviceTemplate": {"serviceAccountAnnotations": {"example.com/a": "theirs", "example.com/b": "theirs"}},
        "temporal": {
            "install": {"annotations": {"example.com/a": "all", "example.com/c": "all"}},
            "configMap": {"annotations": {"example.com/a": "own"}},
            "serviceAccount": {"create": True, "annotations": {"example.com/a": "own"}},
        },
    }
    bundle = render(values)
    templates = bundle.one("ConfigMap")["metadata"]["annotations"]
    account = bundle.one("ServiceAccount")["metadata"]["annotations"]
    assert (templates["example.com/a"], templates["example.com/c"]) == ("own", "all")
    assert account == {
        "example.com/a": "own",
        "example.com/b": "theirs",
        "example.com/c": "all",
        "helm.sh/resource-policy": "keep",
    }


def test_more_annotations_of_pods_are_honoured() -> None:
    """The annotations that keep autoscalers away from a worker arrive as texts."""
    annotations = {
        "karpenter.sh/do-not-disrupt": "true",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "controller.kubernetes.io/pod-deletion-cost": "100",
    }
    pod = render({"temporal": {"podAnnotations": annotations}}).deployment("cpu")["spec"]["template"]
    assert annotations.items() <= pod["metadata"]["annotations"].items()


def test_null_scaling_is_fixed() -> None:
    """Null over the scaling is the default, and the ConfigMap says so."""
    bundle = render({"temporal": {"scaling": None}})
    assert bundle.one("ConfigMap")["metadata"]["annotations"]["temporal.scaleml.io/scaling"] == "fixed"
    assert "replicas" in bundle.deployment("cpu")["spec"]


@pytest.mark.parametrize(
    ("version", "label"),
    [
        ("0.1.0+build.7", "temporal-endpoints-0.1.0_build.7"),
        # 63 characters are a label's most, and none may end in a hyphen: 19 are the chart's name and its hyphen.
        (f"0.1.0-{'a' * 50}", f"temporal-endpoints-0.1.0-{'a' * 38}"),
        (f"0.1.0-{'a' * 37}-b", f"temporal-endpoints-0.1.0-{'a' * 37}"),
    ],
    ids=["build metadata", "too long", "cut at a hyphen"],
)
def test_chart_label_is_a_label_whatever_the_version(version: str, label: str, tmp_path: Path) -> None:
    """The label with the chart's version is a valid one for every version that Helm takes."""
    shutil.copytree(CHART, tmp_path / "chart")
    file = tmp_path / "chart" / "Chart.yaml"
    text = re.sub(r"^version: .*$", f"version: {version}", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    assert render(chart=tmp_path / "chart").one("ConfigMap")["metadata"]["labels"]["helm.sh/chart"] == label
