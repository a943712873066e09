"""Scheduling: where workers run, on CPU and on GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import render
from .free_values import entries, filled
from .worker import pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]

GPU_LABEL = "k8s.amazonaws.com/accelerator"
GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


@over(key="deployment-*-cpu.yaml", choices={"node-labels": "absent", "placement": "default"})
def test_cpu_workers_run_anywhere_by_default(document: Document) -> None:
    """A CPU worker has no node selector, no toleration, no spread and no runtime class."""
    assert not {"nodeSelector", "tolerations", "topologySpreadConstraints", "runtimeClassName"} & set(pod(document))


@over(key="deployment-*-gpu.yaml", choices={"node-labels": "absent", "placement": "default", "gpu": "default"})
def test_gpu_workers_run_on_nodes_of_their_gpu(document: Document, arguments: Document) -> None:
    """A GPU worker asks for a node of its GPU type and tolerates the taint of GPU nodes; for every GPU type."""
    assert pod(document)["nodeSelector"] == {GPU_LABEL: arguments["GPU_TYPE"]}
    assert pod(document)["tolerations"] == [GPU_TAINT]
    assert not {"topologySpreadConstraints", "runtimeClassName"} & set(pod(document))


@over(key="deployment-*-cpu.yaml")
def test_node_selector_is_one(document: Document, values: Document) -> None:
    """A CPU worker's node has llm-engine's labels and the chart's own, which win; a null entry is none."""
    expected = entries(values["nodeSelector"]) | entries(values["temporal.nodeSelector"])
    assert pod(document).get("nodeSelector") == (expected or None)


@over(key="deployment-*-gpu.yaml")
def test_node_selector_holds_the_gpu_type(document: Document, values: Document, arguments: Document) -> None:
    """A GPU worker's node has the same labels and the GPU's type, under the key that is set."""
    expected = entries(values["nodeSelector"]) | entries(values["temporal.nodeSelector"])
    gpu = {values["temporal.gpu.nodeSelectorKey"]: arguments["GPU_TYPE"]}
    assert pod(document)["nodeSelector"] == expected | gpu


@pytest.mark.parametrize("gpu", [{"nodeSelectorKey": None}, None], ids=["key", "block"])
def test_gpu_type_is_asked_for_in_any_case(gpu: object) -> None:
    """Null over the label's key, or over all of `gpu`, is the default: without it any GPU would do."""
    assert render({"temporal": {"gpu": gpu}}).pod("gpu")["nodeSelector"] == {GPU_LABEL: "nvidia-hopper-h100"}


@over(key="deployment-*-cpu.yaml")
def test_tolerations_are_every_workers(document: Document, values: Document, arguments: Document) -> None:
    """A CPU worker tolerates what `temporal.tolerations` say and nothing of the GPU's; without any the field is out."""
    expected = filled(values["temporal.tolerations"], arguments)
    assert pod(document).get("tolerations") == (expected or None)


@over(key="deployment-*-gpu.yaml")
def test_gpu_tolerations_are_gpu_workers_besides(document: Document, values: Document, arguments: Document) -> None:
    """A GPU worker tolerates GPU nodes, the keys of `gpuTolerations` as llm-engine does, its own and every worker's."""
    keys = [each["key"] for each in filled(values["gpuTolerations"] or [], arguments)]
    own = [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in keys]
    for name in ("temporal.gpu.tolerations", "temporal.tolerations"):
        own += filled(values[name] or [], arguments)
    assert pod(document)["tolerations"] == [GPU_TAINT, *own]


def test_tolerations_may_be_null() -> None:
    """Null over any list of tolerations is an empty one."""
    values = {"gpuTolerations": None, "temporal": {"tolerations": None, "gpu": {"tolerations": None}}}
    assert "tolerations" not in render(values).pod("cpu")
    assert render(values).pod("gpu")["tolerations"] == [GPU_TAINT]


@over(key="deployment-*-cpu.yaml")
def test_runtime_class_is_every_workers(document: Document, values: Document) -> None:
    """A CPU worker has `temporal.runtimeClassName` and never the GPU's; without one the field is out."""
    assert pod(document).get("runtimeClassName") == values["temporal.runtimeClassName"]


@over(key="deployment-*-gpu.yaml")
def test_runtime_class_of_the_gpu_wins(document: Document, values: Document) -> None:
    """A GPU worker has `gpu.runtimeClassName`, else every worker's."""
    expected = values["temporal.gpu.runtimeClassName"] or values["temporal.runtimeClassName"]
    assert pod(document).get("runtimeClassName") == expected


@over(kind="Deployment", stage="filled", choices={"placement": "default"})
def test_affinity_prefers_the_same_image_then_the_same_endpoint(document: Document, arguments: Document) -> None:
    """The default affinity is llm-engine's: weight 100 for nodes with the same image, 1 for those of the endpoint.

    The preferred terms match pods that exist: the labels they ask for are on the Deployment's own pods.
    """

    def term(weight: int, label: str, value: str) -> dict[str, Any]:
        selector = {"matchExpressions": [{"key": label, "operator": "In", "values": [value]}]}
        return {
            "weight": weight,
            "podAffinityTerm": {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"},
        }

    wanted = {"app": arguments["RESOURCE_NAME"], arguments["IMAGE_HASH"]: "True"}
    terms = [term(weight, *label) for weight, label in zip((1, 100), wanted.items(), strict=True)]
    assert pod(document)["affinity"] == {
        "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms},
    }
    assert document["spec"]["template"]["metadata"]["labels"].items() >= wanted.items()


@over(kind="Deployment", stage="filled", choices={"placement": "own"})
def test_affinity_can_be_replaced(document: Document, values: Document, arguments: Document) -> None:
    """`temporal.affinity` takes the place of the default, the endpoint's identifiers in it filled in."""
    assert pod(document)["affinity"] == filled(values["temporal.affinity"], arguments)


@over(kind="Deployment", stage="filled")
def test_topology_spread_selects_the_endpoints_own_pods(
    document: Document, values: Document, arguments: Document
) -> None:
    """A constraint without a selector gets the Deployment's, one with a selector keeps it; there are no others."""
    own = {"labelSelector": {"matchLabels": {"app": arguments["RESOURCE_NAME"], "version": "v1"}}}
    expected = [own | each for each in filled(values["temporal.topologySpreadConstraints"] or [], arguments)]
    assert pod(document).get("topologySpreadConstraints", []) == expected


@over(kind="Deployment", stage="filled")
def test_priority_is_the_endpoints(document: Document, arguments: Document) -> None:
    """The priority class is the one the control plane names."""
    assert pod(document)["priorityClassName"] == arguments["PRIORITY"]
