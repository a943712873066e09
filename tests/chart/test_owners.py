"""Owners: an object that another release has already is refused with a way out, which Helm would not give.

There is no cluster here, so `lookup` is replaced in a copy of the chart by the object that it would find.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from helm_nested.errors import RenderError

from .bundle import CHART, KEDA, merged, render

ALL: dict[str, Any] = {"temporal": {"install": {"priorityClasses": True}, "serviceAccount": {"create": True}}}
CONTROL_PLANE: dict[str, Any] = {
    "temporal": {
        "controlPlane": {
            "enabled": True,
            "image": {"repository": "registry.example.com/temporal-endpoints"},
            "authentication": {"keysSecretName": "keys"},
        }
    }
}
LOOKUP = "(lookup .apiVersion .kind .namespace .name)"


def chart_in_a_cluster(folder: Path, kind: str, metadata: dict[str, Any]) -> Path:
    """A copy of the chart for a cluster that has every object of that kind with this metadata."""
    copy = folder / "chart"
    shutil.copytree(CHART, copy)
    file = copy / "templates" / "validations" / "_owners.tpl"
    text = file.read_text(encoding="utf-8")
    assert text.count(LOOKUP) == 1
    live = json.dumps({"kind": kind, "metadata": metadata})
    found = f"(ternary (fromJson `{live}`) dict (eq .kind {json.dumps(kind)}))"
    file.write_text(text.replace(LOOKUP, found), encoding="utf-8")
    return copy


def owned_by(name: str, namespace: str) -> dict[str, Any]:
    """The metadata by which Helm knows whose an object is."""
    return {"annotations": {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace}}


def refusal(chart: Path, values: dict[str, Any]) -> str:
    """What the chart says of these values."""
    with pytest.raises(RenderError) as raised:
        render(values, chart=chart)
    return str(raised.value)


@pytest.mark.parametrize(
    ("metadata", "owner"),
    [
        (owned_by("first", "launch-endpoints"), "the release first in namespace launch-endpoints"),
        (owned_by("temporal-endpoints", "elsewhere"), "the release temporal-endpoints in namespace elsewhere"),
        ({"annotations": {"example.com/a": "b"}}, "no release"),
        ({}, "no release"),
    ],
    ids=["another release", "another namespace", "other annotations", "no annotations"],
)
def test_a_second_owner_of_the_priority_classes_is_refused(tmp_path: Path, metadata: Any, owner: str) -> None:
    """Both classes are named with their owner, the value to set, and how to hand them over."""
    said = refusal(chart_in_a_cluster(tmp_path, "PriorityClass", metadata), ALL)
    assert "(2 problems)" in said
    for name in ("model-engine-default-priority", "model-engine-high-priority"):
        assert f"The PriorityClass {name} exists and belongs to {owner}, so Helm cannot install it" in said
        assert f"# kubectl label --overwrite priorityclass/{name} app.kubernetes.io/managed-by=Helm" in said
        assert (
            f"# kubectl annotate --overwrite priorityclass/{name} meta.helm.sh/release-name=temporal-endpoints "
            "meta.helm.sh/release-namespace=launch-endpoints"
        ) in said
    assert "priorityClasses: false" in said


def test_a_second_owner_of_the_account_is_refused(tmp_path: Path) -> None:
    """The account is looked for where endpoints are, and the YAML to set leaves it to the other release."""
    values = merged(ALL, {"config": {"values": {"launch": {"endpoint_namespace": "jobs"}}}})
    said = refusal(chart_in_a_cluster(tmp_path, "ServiceAccount", owned_by("llm-engine", "launch")), values)
    assert "(1 problem)" in said
    assert "The ServiceAccount model-engine exists and belongs to the release llm-engine in namespace launch" in said
    assert "# kubectl label --overwrite serviceaccount/model-engine --namespace jobs app.kubernetes.io" in said
    text = said[said.index("     temporal:") :]
    assert yaml.safe_load(text) == {"temporal": {"serviceAccount": {"create": False}}}


def test_a_connection_that_another_release_left_is_refused(tmp_path: Path) -> None:
    """The connection of a release elsewhere is still there for its endpoints; it can be named instead of installed."""
    chart = chart_in_a_cluster(tmp_path, "ConfigMap", owned_by("temporal-endpoints", "elsewhere"))
    said = refusal(chart, dict(KEDA))
    assert "The ConfigMap temporal-endpoints-connection exists and belongs to the release temporal-endpoints" in said
    advised = yaml.safe_load(said[said.index("     temporal:") :])
    assert advised == {"temporal": {"connection": {"existingConfigMap": "temporal-endpoints-connection"}}}
    assert not render(merged(KEDA, advised), chart=chart).all("ConfigMap", "temporal-endpoints-connection")


def test_records_that_another_release_left_are_refused(tmp_path: Path) -> None:
    """The volume of a release that was uninstalled holds its records; it can be named instead of installed."""
    chart = chart_in_a_cluster(tmp_path, "PersistentVolumeClaim", owned_by("first", "launch-endpoints"))
    said = refusal(chart, CONTROL_PLANE)
    assert "The PersistentVolumeClaim temporal-endpoints-control-plane exists and belongs to the release first" in said
    advised = yaml.safe_load(said[said.index("     temporal:") :])
    existing = {"existingClaim": "temporal-endpoints-control-plane"}
    assert advised == {"temporal": {"controlPlane": {"database": existing}}}
    assert not render(merged(CONTROL_PLANE, advised), chart=chart).all("PersistentVolumeClaim")


@pytest.mark.parametrize("kind", ["PriorityClass", "ServiceAccount", "ConfigMap", "PersistentVolumeClaim"])
def test_own_objects_are_no_problem(tmp_path: Path, kind: str) -> None:
    """An upgrade finds what the release itself installed."""
    chart = chart_in_a_cluster(tmp_path, kind, owned_by("temporal-endpoints", "launch-endpoints"))
    assert len(render(merged(KEDA, ALL, CONTROL_PLANE), chart=chart).all("PriorityClass")) == 2


@pytest.mark.parametrize("kind", ["PriorityClass", "ServiceAccount"])
def test_what_is_not_installed_may_be_anybodys(tmp_path: Path, kind: str) -> None:
    """Beside llm-engine's release its objects are only named, and nothing is refused."""
    chart = chart_in_a_cluster(tmp_path, kind, owned_by("llm-engine", "launch"))
    assert not render({}, chart=chart).all(kind)


def test_a_connection_that_is_only_named_may_be_anybodys(tmp_path: Path) -> None:
    """A ConfigMap under `existingConfigMap` is somebody else's on purpose."""
    chart = chart_in_a_cluster(tmp_path, "ConfigMap", owned_by("llm-engine", "launch"))
    values = merged(KEDA, {"temporal": {"connection": {"existingConfigMap": "theirs"}}})
    assert not render(values, chart=chart).all("ConfigMap", "theirs")


def test_without_a_cluster_the_documents_are_the_same(tmp_path: Path) -> None:
    """What a cluster has decides only whether the release is refused, never what it installs."""
    chart = chart_in_a_cluster(tmp_path, "PriorityClass", owned_by("temporal-endpoints", "launch-endpoints"))
    assert render(ALL, chart=chart).objects == render(ALL).objects
