"""What a worker's pod has of the chart's own cannot be set beside it: whatever the pod has is refused."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.errors import RenderError

from .bundle import MUTUAL_TLS, merged, render

# Everything that the chart can put into a pod by itself.
WIDEST = merged(
    MUTUAL_TLS,
    {
        "aws": {"configMap": {"name": "aws"}},
        "azure": {"client_id": "a"},
        "serviceTemplate": {"mountInfraConfig": True},
        "config": {"values": {"infra": {"a": "b"}}},
    },
)


def pod() -> dict[str, Any]:
    """The pod with all of it."""
    template: dict[str, Any] = render(WIDEST).deployment("gpu")["spec"]["template"]
    return template


def refusal(temporal: dict[str, Any], base: dict[str, Any]) -> str:
    """What the chart says of these values of `temporal`."""
    with pytest.raises(RenderError) as refused:
        render(merged(base, {"temporal": temporal}))
    return str(refused.value)


@pytest.mark.parametrize("base", [{}, WIDEST], ids=["default", "widest"])
def test_a_label_of_the_pod_is_refused(base: dict[str, Any]) -> None:
    """Each label that the chart can give a pod is its own, also while the pod does not have it."""
    for name in [name for name, value in pod()["metadata"]["labels"].items() if value != "True"]:
        said = refusal({"podLabels": {name: "x"}}, base)
        assert f"temporal.podLabels sets {name}, which the chart sets itself." in said


@pytest.mark.parametrize("base", [{}, WIDEST], ids=["default", "widest"])
def test_an_annotation_of_the_pod_is_refused(base: dict[str, Any]) -> None:
    """Each annotation that the chart can give a pod is its own, also while the pod does not have it."""
    for name in pod()["metadata"]["annotations"]:
        said = refusal({"podAnnotations": {name: "x"}}, base)
        assert f"temporal.podAnnotations sets {name}, which the chart sets itself." in said


@pytest.mark.parametrize("base", [{}, WIDEST], ids=["default", "widest"])
def test_a_volume_of_the_pod_is_refused(base: dict[str, Any]) -> None:
    """Each volume that the chart can give a pod has a reserved name, also while the pod does not have it."""
    for name in [each["name"] for each in pod()["spec"]["volumes"]]:
        said = refusal({"extraVolumes": [{"name": name, "emptyDir": {}}]}, base)
        assert f"temporal.extraVolumes has a volume named {name}; the chart uses that name itself." in said


def test_a_path_where_something_is_mounted_is_refused() -> None:
    """Where the chart mounts something nothing else can be, unless an argument says where it is."""
    for mount in pod()["spec"]["containers"][0]["volumeMounts"]:
        if mount["name"] == "infra-service-config-volume":
            continue
        path = mount["mountPath"]
        mounts = [{"name": "own", "mountPath": path}]
        said = refusal({"extraVolumes": [{"name": "own", "emptyDir": {}}], "extraVolumeMounts": mounts}, WIDEST)
        assert f"temporal.extraVolumeMounts mounts own at {path}, where something is mounted already." in said
