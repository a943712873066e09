"""Scheduling: where workers run, on CPU and on GPU."""

from __future__ import annotations

import pytest

from .bundle import DEVICES, argument_sets, render

GPU_KEY = "k8s.amazonaws.com/accelerator"
GPU_SETS = [name for name, each in argument_sets().items() if "GPU_TYPE" in each.arguments]


@pytest.mark.parametrize("name", GPU_SETS)
def test_gpu_workers_run_on_nodes_of_their_gpu(name: str) -> None:
    """A GPU worker asks for a node of its GPU type and tolerates the taint of GPU nodes; for every GPU type."""
    pod = render().pod("gpu", name)
    assert pod["nodeSelector"] == {GPU_KEY: argument_sets()[name].arguments["GPU_TYPE"]}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_cpu_workers_run_anywhere_by_default() -> None:
    """A CPU worker has no node selector, no toleration and no runtime class."""
    pod = render().pod("cpu")
    assert not {"nodeSelector", "tolerations", "runtimeClassName"} & set(pod)


def test_node_selectors_are_one() -> None:
    """llm-engine's node selector, the chart's own and the GPU type come out as one map."""
    values = {
        "nodeSelector": {"lifecycle": "normal", "pool": "a"},
        "temporal": {"nodeSelector": {"pool": "b"}, "gpu": {"nodeSelectorKey": "gpu.example.com/type"}},
    }
    bundle = render(values)
    assert bundle.pod("cpu")["nodeSelector"] == {"lifecycle": "normal", "pool": "b"}
    assert bundle.pod("gpu")["nodeSelector"] == {
        "lifecycle": "normal",
        "pool": "b",
        "gpu.example.com/type": "nvidia-hopper-h100",
    }


def test_tolerations_are_honoured() -> None:
    """`temporal.tolerations` are every worker's, `gpuTolerations` the GPU workers' besides."""
    bundle = render({"gpuTolerations": [{"key": "g"}], "temporal": {"tolerations": [{"key": "a"}]}})
    assert bundle.pod("cpu")["tolerations"] == [{"key": "a"}]
    assert [each["key"] for each in bundle.pod("gpu")["tolerations"]] == ["nvidia.com/gpu", "g", "a"]


def test_runtime_class_is_honoured() -> None:
    """The GPU's runtime class is GPU workers' alone; the general one is everybody's, and the GPU's wins."""
    assert render({"temporal": {"gpu": {"runtimeClassName": "nvidia"}}}).pod("gpu")["runtimeClassName"] == "nvidia"
    both = render({"temporal": {"runtimeClassName": "kata", "gpu": {"runtimeClassName": "nvidia"}}})
    assert both.pod("cpu")["runtimeClassName"] == "kata"
    assert both.pod("gpu")["runtimeClassName"] == "nvidia"


@pytest.mark.parametrize("name", ["converted-artifact", "looks-like-numbers"])
def test_affinity_prefers_the_same_image_then_the_same_endpoint(name: str) -> None:
    """The preferred terms match pods that exist: by `app`, and by the image's label, a digits-only hash included."""
    deployment = render().deployment("cpu", name)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    affinity = deployment["spec"]["template"]["spec"]["affinity"]["podAffinity"]
    for term in affinity["preferredDuringSchedulingIgnoredDuringExecution"]:
        (expression,) = term["podAffinityTerm"]["labelSelector"]["matchExpressions"]
        assert labels[expression["key"]] in expression["values"]


def test_affinity_can_be_replaced() -> None:
    """`temporal.affinity` takes the place of the default."""
    affinity: dict[str, object] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}
    assert render({"temporal": {"affinity": affinity}}).pod("cpu")["affinity"] == affinity


def test_topology_spread_selects_the_endpoints_own_pods() -> None:
    """A constraint without a selector gets the Deployment's; one with a selector keeps it."""
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    selector = {"matchLabels": {"a": "b"}}
    values = {"temporal": {"topologySpreadConstraints": [constraint, {**constraint, "labelSelector": selector}]}}
    deployment = render(values).deployment("cpu")
    assert deployment["spec"]["template"]["spec"]["topologySpreadConstraints"] == [
        {**constraint, "labelSelector": deployment["spec"]["selector"]},
        {**constraint, "labelSelector": selector},
    ]


@pytest.mark.parametrize("device", DEVICES)
def test_priority_is_the_endpoints(device: str) -> None:
    """The priority class is the one the control plane names."""
    name = {"cpu": "converted-artifact", "gpu": "gpu-h100"}[device]
    assert render().pod(device)["priorityClassName"] == argument_sets()[name].arguments["PRIORITY"]
