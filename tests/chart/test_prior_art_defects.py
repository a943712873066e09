"""Prior art's defects, each put back into a copy of the chart: a promise of the chart breaks every time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from helm_nested.errors import HelmNestedError

from .bundle import CHART, DEVICES, KEDA, merged, render

TEMPLATES = "templates/service-templates"


def no_keda_settings_on_pods(chart: Path) -> None:
    """KEDA reads a ScaledObject, never a pod's annotations."""
    for device in DEVICES:
        annotations = render(KEDA, chart=chart).deployment(device)["spec"]["template"]["metadata"]["annotations"]
        assert not [key for key in annotations if "keda" in key]


def volume_names_agree(chart: Path) -> None:
    """CPU and GPU, volumes and mounts: the same names everywhere, and those of llm-engine's other templates."""
    bundle = render({"aws": {"configMap": {"name": "a"}}}, chart=chart)
    names = ["config-volume", "user-config", "endpoint-config", "dshm"]
    for device in DEVICES:
        assert [each["name"] for each in bundle.pod(device)["volumes"]] == names
        assert [each["name"] for each in bundle.container(device)["volumeMounts"]] == names


def file_group_does_not_depend_on_the_container(chart: Path) -> None:
    """The pod's fsGroup is there whether or not the container's securityContext is set."""
    for context in ({}, None, {"readOnlyRootFilesystem": True}):
        bundle = render({"serviceTemplate": {"securityContext": context}}, chart=chart)
        assert bundle.pod("cpu")["securityContext"]["fsGroup"] == 65534


def infra_configuration_has_one_condition(chart: Path) -> None:
    """The infra configuration's mount is there exactly if its volume is."""
    for mounted in (True, False):
        for values in ({}, {"infra": {"a": "b"}}):
            bundle = render(
                {"serviceTemplate": {"mountInfraConfig": mounted}, "config": {"values": values}}, chart=chart
            )
            volumes = {each["name"] for each in bundle.pod("cpu")["volumes"]}
            assert {each["name"] for each in bundle.container("cpu")["volumeMounts"]} == volumes


def extra_sources_of_variables_arrive(chart: Path) -> None:
    """ExtraPodEnvFrom reaches both devices."""
    source = {"secretRef": {"name": "mine"}}
    for device in DEVICES:
        assert source in render({"extraPodEnvFrom": [source]}, chart=chart).container(device).get("envFrom", [])


def no_deprecated_account_alias(chart: Path) -> None:
    """`serviceAccountName` is set, the deprecated `serviceAccount` is not."""
    for device in DEVICES:
        pod = render(chart=chart).pod(device)
        assert pod["serviceAccountName"] == "model-engine"
        assert "serviceAccount" not in pod


def one_node_selector(chart: Path) -> None:
    """The node selector stands once and holds llm-engine's labels and the GPU type."""
    values = {"nodeSelector": {"node-lifecycle": "normal"}}
    text = render(values, chart=chart).templates["deployment-runnable-image-temporal-gpu.yaml"].text
    assert text.count("nodeSelector:") == 1
    assert render(values, chart=chart).pod("gpu")["nodeSelector"] == {
        "node-lifecycle": "normal",
        "k8s.amazonaws.com/accelerator": "nvidia-hopper-h100",
    }


def capabilities_are_upper_case(chart: Path) -> None:
    """`drop: [all]` in llm-engine's values reaches the pod as ALL."""
    values = {"serviceTemplate": {"securityContext": {"capabilities": {"drop": ["all"]}}}}
    for device in DEVICES:
        assert render(values, chart=chart).container(device)["securityContext"]["capabilities"]["drop"] == ["ALL"]


def autoscaler_owns_the_replicas(chart: Path) -> None:
    """With `scaling: keda` no Deployment says how many replicas there are."""
    for device in DEVICES:
        assert "replicas" not in render(KEDA, chart=chart).deployment(device)["spec"]


def no_expanded_copy(chart: Path) -> None:
    """No file but the chart's templates holds the text of a filled or rendered Deployment."""
    root = chart.parents[1]
    for folder in ("charts", "docs", "schemas", "scripts", "src", "values"):
        for file in (root / folder).rglob("*.y*ml"):
            if "templates" in file.relative_to(root).parts:
                continue
            text = file.read_text(encoding="utf-8")
            assert not ("kind: Deployment" in text and "temporal.scaleml.io/taskQueue" in text), file


@dataclass(frozen=True)
class Defect:
    """One edit of the chart that puts a defect back: in `file`, `old` becomes `new`."""

    name: str
    promise: Callable[[Path], None]
    file: str
    old: str
    new: str


DEFECTS = [
    Defect(
        "KEDA settings as pod annotations",
        no_keda_settings_on_pods,
        f"{TEMPLATES}/_labels.tpl",
        "ad.datadoghq.com/main.logs",
        'keda.sh/pollingInterval: "30"\nad.datadoghq.com/main.logs',
    ),
    Defect(
        "volume names that differ between copies",
        volume_names_agree,
        f"{TEMPLATES}/_volumes.tpl",
        "{{- with .awsConfigMap -}}\n- name: config-volume",
        "{{- with .awsConfigMap -}}\n- name: aws-config-volume",
    ),
    Defect(
        "pod fsGroup only with a container securityContext",
        file_group_does_not_depend_on_the_container,
        f"{TEMPLATES}/_pod.tpl",
        "{{- with $scope.podSecurityContext }}",
        "{{- with and $scope.serviceTemplate.securityContext $scope.podSecurityContext }}",
    ),
    Defect(
        "infra configuration mounted on another condition than its volume",
        infra_configuration_has_one_condition,
        f"{TEMPLATES}/_volumes.tpl",
        "  subPath: raw_data\n- name: dshm\n  mountPath: /dev/shm\n{{- if .infraConfig }}",
        "  subPath: raw_data\n- name: dshm\n  mountPath: /dev/shm\n{{- if .serviceTemplate.mountInfraConfig }}",
    ),
    Defect(
        "extraPodEnvFrom dropped",
        extra_sources_of_variables_arrive,
        "templates/_connection.tpl",
        "{{- with .Values.extraPodEnvFrom }}",
        "{{- with list }}",
    ),
    Defect(
        "the alias serviceAccount",
        no_deprecated_account_alias,
        f"{TEMPLATES}/_pod.tpl",
        "serviceAccountName: {{",
        "serviceAccount: {{",
    ),
    Defect(
        "nodeSelector from two places",
        one_node_selector,
        f"{TEMPLATES}/_pod.tpl",
        "{{- with $nodeSelector }}",
        '{{- with .nodeSelector }}\nnodeSelector:\n  gpu: "${GPU_TYPE}"\n{{- end }}\n{{- with $nodeSelector }}',
    ),
    Defect(
        "drop: [all] reaching a pod",
        capabilities_are_upper_case,
        "templates/_helpers.tpl",
        "(upper .)",
        "(toString .)",
    ),
    Defect(
        "replicas over the autoscaler",
        autoscaler_owns_the_replicas,
        f"{TEMPLATES}/_deployment.tpl",
        "{{- if not $scope.isKeda }}",
        "{{- if true }}",
    ),
    Defect(
        "a hand-kept expanded copy",
        no_expanded_copy,
        "ci/expanded.yaml",
        "",
        "kind: Deployment\nmetadata:\n  annotations:\n    temporal.scaleml.io/taskQueue: x\n",
    ),
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_promise_holds(defect: Defect) -> None:
    """The chart as it is keeps the promise."""
    defect.promise(CHART)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_defect_put_back_is_seen(defect: Defect, tmp_path: Path) -> None:
    """With the defect back in the chart the promise is broken, or the chart itself refuses its values."""
    chart = tmp_path / "charts" / "temporal-endpoints"
    shutil.copytree(CHART, chart)
    file = chart / defect.file
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    assert before.count(defect.old) == 1 or not before, "the edit does not fit the chart any more: correct it here"
    file.write_text(before.replace(defect.old, defect.new) if before else defect.new, encoding="utf-8")
    with pytest.raises((AssertionError, KeyError, HelmNestedError)):
        defect.promise(chart)


def test_merged_values_leave_their_parts_alone() -> None:
    """The tests' own merging of values changes neither map."""
    first, second = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert merged(first, second) == {"a": {"b": 1, "c": 2}}
    assert (first, second) == ({"a": {"b": 1}}, {"a": {"c": 2}})
