"""Volumes: one set of names for both devices, every mount with its volume."""

from __future__ import annotations

import pytest

from .bundle import DEVICES, MUTUAL_TLS, merged, render

EVERYTHING = merged(
    MUTUAL_TLS,
    {
        "aws": {"configMap": {"name": "aws-config"}},
        "serviceTemplate": {"mountInfraConfig": True},
        "config": {"values": {"infra": {"env": "x"}}},
        "temporal": {
            "extraVolumes": [{"name": "cache", "emptyDir": {}}],
            "extraVolumeMounts": [{"name": "cache", "mountPath": "/cache"}],
        },
    },
)
NAMES = [
    "config-volume",
    "user-config",
    "endpoint-config",
    "dshm",
    "infra-service-config-volume",
    "temporal-tls",
    "cache",
]


@pytest.mark.parametrize("device", DEVICES)
def test_volumes_by_default(device: str) -> None:
    """Every worker has its two configurations and /dev/shm in memory, and nothing more."""
    bundle = render()
    resource = bundle.deployment(device)["metadata"]["name"]
    assert bundle.pod(device)["volumes"] == [
        {"name": "user-config", "configMap": {"name": resource}},
        {"name": "endpoint-config", "configMap": {"name": f"{resource}-endpoint-config"}},
        {"name": "dshm", "emptyDir": {"medium": "Memory"}},
    ]
    assert bundle.container(device)["volumeMounts"] == [
        {"name": "user-config", "mountPath": "/app/user_config", "subPath": "raw_data"},
        {"name": "endpoint-config", "mountPath": "/app/endpoint_config", "subPath": "raw_data"},
        {"name": "dshm", "mountPath": "/dev/shm"},
    ]


@pytest.mark.parametrize("device", DEVICES)
def test_all_volumes_together(device: str) -> None:
    """With everything switched on, each volume has its mount and each mount its volume, under the same names."""
    bundle = render(EVERYTHING)
    assert [each["name"] for each in bundle.pod(device)["volumes"]] == NAMES
    assert [each["name"] for each in bundle.container(device)["volumeMounts"]] == NAMES


@pytest.mark.parametrize("mount", [True, False])
@pytest.mark.parametrize("values", [{}, {"infra": {"env": "x"}}], ids=["no configuration", "configuration"])
def test_infra_configuration_has_one_condition(mount: bool, values: dict[str, object]) -> None:
    """The volume and its mount are both there or both not: when it is wanted and exists."""
    bundle = render({"serviceTemplate": {"mountInfraConfig": mount}, "config": {"values": values}})
    names = [{each["name"] for each in part} for part in
             (bundle.pod("cpu")["volumes"], bundle.container("cpu")["volumeMounts"])]  # fmt: skip
    assert [("infra-service-config-volume" in each) for each in names] == [mount and bool(values)] * 2


def test_aws_configuration_is_llm_engines() -> None:
    """The AWS ConfigMap is `aws.configMap.name` unless `serviceTemplate.awsConfigMapName` says otherwise."""
    aws = {"aws": {"configMap": {"name": "default-config"}}}
    for values, name in ((aws, "default-config"), (merged(aws, {"serviceTemplate": {"awsConfigMapName": "b"}}), "b")):
        bundle = render(values)
        assert bundle.pod("cpu")["volumes"][0] == {"name": "config-volume", "configMap": {"name": name}}
        assert bundle.container("cpu")["volumeMounts"][0] == {
            "name": "config-volume",
            "mountPath": "/opt/.aws/config",
            "subPath": "config",
        }


def test_size_of_shared_memory_is_honoured() -> None:
    """/dev/shm gets the size that is set."""
    volumes = render({"temporal": {"sharedMemory": {"sizeLimit": "8Gi"}}}).pod("gpu")["volumes"]
    assert {"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}} in volumes
