"""Labels, annotations and names of what an endpoint gets."""

from __future__ import annotations

import pytest

from .bundle import DEVICES, KEDA, Bundle, argument_sets, merged, render

KEYS = {
    "user-config.yaml",
    "endpoint-config.yaml",
    "pod-disruption-budget.yaml",
    "vertical-pod-autoscaler.yaml",
    "keda-scaled-object-temporal.yaml",
    "keda-trigger-authentication-temporal.yaml",
    "deployment-runnable-image-temporal-cpu.yaml",
    "deployment-runnable-image-temporal-gpu.yaml",
}


def base_labels(name: str) -> dict[str, str]:
    """The labels llm-engine's control plane expects on every object of an endpoint."""
    arguments = argument_sets()[name].arguments
    return {
        "user_id": arguments["OWNER"],
        "team": arguments["TEAM"],
        "product": arguments["PRODUCT"],
        "created_by": arguments["CREATED_BY"],
        "owner": arguments["OWNER"],
        "env": "production",
        "managed-by": "model-engine",
        "use_scale_launch_endpoint_network_policy": "true",
        "tags.datadoghq.com/env": "production",
        "tags.datadoghq.com/version": arguments["GIT_TAG"],
        "tags.datadoghq.com/service": arguments["ENDPOINT_NAME"],
        "endpoint_id": arguments["ENDPOINT_ID"],
        "endpoint_name": arguments["ENDPOINT_NAME"],
    }


def everything() -> Bundle:
    """The chart with every key filled by a document."""
    return render(merged(KEDA, {"temporal": {"connection": {"apiKey": {"secretName": "k"}}}}))


def test_the_config_map_has_every_key() -> None:
    """The ConfigMap's keys are these, whatever the values."""
    assert set(render().templates) == set(everything().templates) == KEYS


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize("name", ["looks-like-numbers", "looks-like-words"])
def test_every_object_has_the_base_labels_as_texts(key: str, name: str) -> None:
    """Each object has the base labels, as texts even where they look like numbers, and the endpoint's namespace."""
    if key.endswith("-gpu.yaml"):
        name = "gpu-h100"
    (document,) = everything().filled(key, name)
    assert document["metadata"]["labels"] == base_labels(name)
    assert document["metadata"]["namespace"] == argument_sets()[name].arguments["NAMESPACE"]
    assert document["metadata"]["name"].startswith(argument_sets()[name].arguments["RESOURCE_NAME"])


@pytest.mark.parametrize("device", DEVICES)
def test_pod_labels_and_annotations_are_exactly_these(device: str) -> None:
    """A pod has the base labels, the selector's, the image's and no KEDA setting among its annotations."""
    bundle = render()
    name = {"cpu": "converted-artifact", "gpu": "gpu-h100"}[device]
    deployment = bundle.deployment(device, name)
    metadata = deployment["spec"]["template"]["metadata"]
    arguments = argument_sets()[name].arguments
    selector = {"app": arguments["RESOURCE_NAME"], "version": "v1"}
    assert deployment["spec"]["selector"] == {"matchLabels": selector}
    assert metadata["labels"] == base_labels(name) | selector | {
        "endpoint_type": "temporal",
        "sidecar.istio.io/inject": "false",
        arguments["IMAGE_HASH"]: "True",
    }
    assert set(metadata["annotations"]) == {"ad.datadoghq.com/main.logs"}
    assert deployment["metadata"]["annotations"] == {
        "temporal.scaleml.io/taskQueue": arguments["TEMPORAL_TASK_QUEUE"],
        "temporal.scaleml.io/minWorkers": str(arguments["MIN_WORKERS"]),
        "temporal.scaleml.io/maxWorkers": str(arguments["MAX_WORKERS"]),
        "temporal.scaleml.io/perWorker": str(arguments["PER_WORKER"]),
        "kubernetes.io/change-cause": arguments["CHANGE_CAUSE_MESSAGE"],
    }


def test_an_update_restarts_no_pod_by_its_time() -> None:
    """The change cause, which carries the time of the update, is no part of the pod template."""
    template = render().templates["deployment-runnable-image-temporal-cpu.yaml"].text
    assert "CHANGE_CAUSE_MESSAGE" not in template[template.index("\n  template:") :]


def test_more_labels_and_annotations_are_honoured() -> None:
    """Pod labels and annotations from the values are there besides the chart's own."""
    annotations = {
        "karpenter.sh/do-not-disrupt": "true",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "controller.kubernetes.io/pod-deletion-cost": "100",
    }
    values = {"temporal": {"podLabels": {"tier": "1"}, "podAnnotations": annotations}}
    metadata = render(values).deployment("cpu")["spec"]["template"]["metadata"]
    default = render().deployment("cpu")["spec"]["template"]["metadata"]
    assert metadata["labels"] == default["labels"] | {"tier": "1"}
    assert metadata["annotations"] == default["annotations"] | annotations


def test_environment_labels_are_llm_engines() -> None:
    """`context` is the environment, and Datadog's environment may differ."""
    labels = render({"context": "staging", "datadog": {"env": "eu"}}).deployment("cpu")["metadata"]["labels"]
    assert (labels["env"], labels["tags.datadoghq.com/env"]) == ("staging", "eu")
    assert render({"azure": {"client_id": "x"}}).deployment("cpu")["metadata"]["labels"] == base_labels(
        "converted-artifact"
    ) | {"azure.workload.identity/use": "true"}


def test_account_and_image_settings_are_honoured() -> None:
    """Service account, pull secrets and pull policy are what the values say; the account is never the old alias."""
    values = {
        "serviceTemplate": {"serviceAccountName": "worker"},
        "temporal": {"imagePullSecrets": [{"name": "registry"}], "imagePullPolicy": "Always"},
    }
    for bundle, account, policy in ((render(), "model-engine", "IfNotPresent"), (render(values), "worker", "Always")):
        pod = bundle.pod("gpu")
        assert pod["serviceAccountName"] == account
        assert "serviceAccount" not in pod
        assert pod["containers"][0]["imagePullPolicy"] == policy
    assert render(values).pod("gpu")["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize("device", DEVICES)
def test_container_is_the_endpoints(device: str) -> None:
    """The container is called main and has the endpoint's image, command and variables, to the letter."""
    for name, each in argument_sets().items():
        if not each.suits(f"deployment-runnable-image-temporal-{device}.yaml"):
            continue
        container = render().container(device, name)
        assert container["name"] == "main"
        assert container["image"] == each.arguments["IMAGE"]
        assert container["command"] == each.arguments["COMMAND"]
        assert container["env"] == each.arguments["MAIN_ENV"]


def test_configurations_are_the_endpoints() -> None:
    """user-config and endpoint-config hold the serialised arguments under the names that the volumes mount."""
    bundle = render()
    arguments = argument_sets()["gpu-h100"].arguments
    volumes = {each["name"]: each.get("configMap", {}).get("name") for each in bundle.pod("gpu")["volumes"]}
    for key, argument, volume in (
        ("user-config.yaml", "CONFIG_DATA_SERIALIZED", "user-config"),
        ("endpoint-config.yaml", "ENDPOINT_CONFIG_SERIALIZED", "endpoint-config"),
    ):
        (document,) = bundle.filled(key, "gpu-h100")
        assert document["data"] == {"raw_data": arguments[argument]}
        assert document["metadata"]["name"] == volumes[volume]
