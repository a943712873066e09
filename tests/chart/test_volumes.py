"""Volumes: one set of names for both devices, every mount with its volume, and nothing that was not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import merged, render
from .free_values import filled
from .names import launch_name
from .worker import container, pod

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


def aws_config_map(values: Document) -> str | None:
    """The ConfigMap with the AWS configuration, in the endpoints' namespace; none without AWS."""
    if not values["aws"]:
        return None
    return str(values["serviceTemplate.awsConfigMapName"] or values["aws.configMap.name"])


def mounts_infra_configuration(values: Document) -> bool:
    """Whether llm-engine's infra configuration is mounted: it is wanted, and there is one."""
    return bool(values["serviceTemplate.mountInfraConfig"] and values["config.values"])


@over(
    kind="Deployment",
    stage="filled",
    choices={"aws": "absent", "service-configuration": "absent", "tls": "unsaid", "volumes": "default"},
)
def test_volumes_by_default(document: Document, arguments: Document) -> None:
    """Every worker has its two configurations and /dev/shm in memory, and nothing more."""
    resource = arguments["RESOURCE_NAME"]
    assert pod(document)["volumes"] == [
        {"name": "user-config", "configMap": {"name": resource}},
        {"name": "endpoint-config", "configMap": {"name": f"{resource}-endpoint-config"}},
        {"name": "dshm", "emptyDir": {"medium": "Memory"}},
    ]
    assert container(document)["volumeMounts"] == [
        {"name": "user-config", "mountPath": "/app/user_config", "subPath": "raw_data"},
        {"name": "endpoint-config", "mountPath": "/app/endpoint_config", "subPath": "raw_data"},
        {"name": "dshm", "mountPath": "/dev/shm"},
    ]


@over(kind="Deployment", stage="filled")
def test_volumes_are_those_asked_for(document: Document, values: Document, arguments: Document) -> None:
    """The volumes are llm-engine's by its own names, the client certificate and the user's own, in this order.

    /dev/shm has `sharedMemory.sizeLimit`; the AWS and the infra configuration are there exactly if they are set.
    """
    resource = arguments["RESOURCE_NAME"]
    size = values["temporal.sharedMemory.sizeLimit"]
    expected: list[Any] = [
        {"name": "user-config", "configMap": {"name": resource}},
        {"name": "endpoint-config", "configMap": {"name": f"{resource}-endpoint-config"}},
        {"name": "dshm", "emptyDir": {"medium": "Memory"} | ({"sizeLimit": size} if size else {})},
    ]
    if aws_config_map(values):
        expected.insert(0, {"name": "config-volume", "configMap": {"name": aws_config_map(values)}})
    if mounts_infra_configuration(values):
        items = [{"key": "infra_service_config", "path": "config.yaml"}]
        source = {"name": f"{launch_name(values)}-service-config", "items": items}
        expected.append({"name": "infra-service-config-volume", "configMap": source})
    certificate = values["temporal.connection.tls.secretName"]
    if certificate:
        expected.append({"name": "temporal-tls", "secret": {"secretName": certificate}})
    expected += filled(values["temporal.extraVolumes"] or [], arguments)
    assert pod(document)["volumes"] == expected


@over(kind="Deployment", stage="filled")
def test_mounts_are_those_asked_for(document: Document, values: Document, arguments: Document) -> None:
    """Each of the chart's volumes is mounted where the worker's code looks for it, then come the user's own mounts."""
    expected: list[Any] = [
        {"name": "user-config", "mountPath": "/app/user_config", "subPath": "raw_data"},
        {"name": "endpoint-config", "mountPath": "/app/endpoint_config", "subPath": "raw_data"},
        {"name": "dshm", "mountPath": "/dev/shm"},
    ]
    if aws_config_map(values):
        expected.insert(0, {"name": "config-volume", "mountPath": "/opt/.aws/config", "subPath": "config"})
    if mounts_infra_configuration(values):
        path = arguments["INFRA_SERVICE_CONFIG_VOLUME_MOUNT_PATH"]
        expected.append({"name": "infra-service-config-volume", "mountPath": path})
    if values["temporal.connection.tls.secretName"]:
        expected.append({"name": "temporal-tls", "mountPath": "/etc/temporal/tls", "readOnly": True})
    expected += filled(values["temporal.extraVolumeMounts"] or [], arguments)
    assert container(document)["volumeMounts"] == expected


@pytest.mark.parametrize("mount", [True, False])
@pytest.mark.parametrize("values", [{}, {"infra": {"env": "x"}}], ids=["no configuration", "configuration"])
def test_infra_configuration_has_one_condition(mount: bool, values: dict[str, object]) -> None:
    """The volume and its mount are both there or both not: when it is wanted and exists."""
    bundle = render({"serviceTemplate": {"mountInfraConfig": mount}, "config": {"values": values}})
    names = [{each["name"] for each in part} for part in
             (bundle.pod("cpu")["volumes"], bundle.container("cpu")["volumeMounts"])]  # fmt: skip
    assert [("infra-service-config-volume" in each) for each in names] == [mount and bool(values)] * 2


@pytest.mark.parametrize(("own", "expected"), [(None, "default-config"), ("", "default-config"), ("b", "b")])
def test_aws_configuration_is_llm_engines(own: str | None, expected: str) -> None:
    """The AWS ConfigMap is `aws.configMap.name` unless `serviceTemplate.awsConfigMapName` says otherwise."""
    values = merged({"aws": {"configMap": {"name": "default-config"}}}, {"serviceTemplate": {"awsConfigMapName": own}})
    assert render(values).pod("cpu")["volumes"][0] == {"name": "config-volume", "configMap": {"name": expected}}
