"""Env: which variables a worker has, where they come from, and which source wins."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over
from temporal_endpoints_worker.settings import GRACE, METRICS_PORT, READY_PORT, SLOTS

from .bundle import KEDA, merged, render
from .connection import config_map_name, installs_connection, variables
from .names import endpoint_namespace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helm_nested.engine import Release

    Document = Mapping[str, Any]


def container(deployment: Document) -> Document:
    """The one container of a Deployment's pods."""
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    return dict(found)


@over(kind="Deployment", stage="filled")
def test_env_is_the_argument(document: Document, arguments: Document) -> None:
    """A worker's own variables are MAIN_ENV to the letter and in its order, and the chart adds none to them."""
    assert container(document)["env"] == arguments["MAIN_ENV"]


@over(kind="Deployment", stage="filled")
def test_sources_stand_in_order_of_precedence(
    document: Document, values: Document, release: Release, arguments: Document
) -> None:
    """Whole sources are the endpoint's settings, the user's own, the connection, the API key; the last one wins.

    So the user's win over the settings, and the chart's connection over the user's. llm-engine makes no settings.
    """
    settings = {"name": f"{arguments['RESOURCE_NAME']}-worker", "optional": True}
    expected = [{"configMapRef": settings}, *(values["extraPodEnvFrom"] or [])]
    connection = config_map_name(values, release)
    if connection:
        expected.append({"configMapRef": {"name": connection}})
    if values["temporal.connection.apiKey.secretName"]:
        expected.append({"secretRef": {"name": values["temporal.connection.apiKey.secretName"]}})
    assert container(document)["envFrom"] == expected


@over(stage="filled", key="worker-settings-temporal.yaml")
def test_settings_are_what_the_worker_package_reads(document: Document, values: Document, arguments: Document) -> None:
    """Slots are PER_WORKER, the grace period is the pod's (Kubernetes' own is 30 s), ports are those asked for.

    The readiness port is that of a probe that asks for `/ready`, so that it stands in one place.
    """
    grace = values["temporal.terminationGracePeriodSeconds"]
    expected = {
        "TEMPORAL_WORKER_SLOTS": str(arguments["PER_WORKER"]),
        "TEMPORAL_WORKER_GRACE_SECONDS": str(30 if grace is None else grace),
    }
    if values["temporal.metrics.port"]:
        expected["TEMPORAL_WORKER_METRICS_PORT"] = str(values["temporal.metrics.port"])
    probe = (values["temporal.probes.readiness"] or {}).get("httpGet") or {}
    if probe.get("path") == "/ready":
        expected["TEMPORAL_WORKER_READY_PORT"] = str(probe["port"])
    assert document["data"] == expected
    assert set(document) == {"apiVersion", "kind", "metadata", "data"}


def test_variables_are_those_that_the_worker_package_knows() -> None:
    """Every variable that the chart sets for it is read by it."""
    readiness = {"httpGet": {"path": "/ready", "port": 8081}}
    values = {"temporal": {"metrics": {"port": 9000}, "probes": {"readiness": readiness}}}
    (document,) = render(values).filled("worker-settings-temporal.yaml", "gpu-h100")
    assert set(document["data"]) == {SLOTS, GRACE, METRICS_PORT, READY_PORT}


@pytest.mark.parametrize("probe", [{"path": "/ready", "port": "metrics"}, {"path": "/metrics", "port": 9000}, {}])
def test_other_probes_set_no_readiness_port(probe: dict[str, Any]) -> None:
    """A probe of the metrics' port, or of another path, is not the package's."""
    readiness = {"httpGet": probe} if probe else {"exec": {"command": ["true"]}}
    values = {"temporal": {"metrics": {"port": 9000}, "probes": {"readiness": readiness}}}
    (document,) = render(values).filled("worker-settings-temporal.yaml", "gpu-h100")
    assert READY_PORT not in document["data"]


@over(kind="Deployment", stage="filled")
def test_no_variable_is_defined_twice(document: Document) -> None:
    """No name stands twice in a worker's env, where Kubernetes would silently take the last."""
    names = [each["name"] for each in container(document)["env"]]
    assert len(names) == len(set(names))


@over(kind="Deployment", stage="filled")
def test_api_key_is_never_a_literal(document: Document) -> None:
    """No variable of the connection stands in env: it would win over its ConfigMap and Secret, or lie in the open."""
    names = {each["name"] for each in container(document)["env"]}
    assert not names & {"TEMPORAL_API_KEY", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_TLS"}


@over(kind="ConfigMap", stage="installed")
def test_connection_config_map_holds_the_variables(document: Document, values: Document, release: Release) -> None:
    """The connection's ConfigMap is where the workers are, under the name they look for, with exactly its variables."""
    if document["metadata"]["labels"]["app.kubernetes.io/component"] != "connection":
        return
    assert document["apiVersion"] == "v1"
    assert document["metadata"]["name"] == config_map_name(values, release)
    assert document["metadata"]["namespace"] == endpoint_namespace(values, release)
    assert document["data"] == variables(values)
    assert set(document) == {"apiVersion", "kind", "metadata", "data"}
    assert set(document["metadata"]) - {"annotations"} == {"name", "namespace", "labels"}


@over(kind="Deployment", stage="filled")
def test_pods_restart_when_the_connection_changes(document: Document, values: Document) -> None:
    """The pod template carries a checksum exactly if the release installs the connection: workers read it only once.

    It is the start of the SHA-256 of the variables as JSON; 16 of its 64 digits are enough to tell two of them apart.
    """
    annotations = document["spec"]["template"]["metadata"]["annotations"]
    text = json.dumps(variables(values), sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(text.encode()).hexdigest()[:16] if installs_connection(values) else None
    assert annotations.get("temporal.scaleml.io/connection-checksum") == expected


def test_checksum_follows_the_connection() -> None:
    """The checksum is the same for the same variables, and another for others."""

    def pods(address: str) -> Any:
        values = merged(KEDA, {"temporal": {"connection": {"address": address}}})
        return render(values).deployment("cpu")["spec"]["template"]

    assert pods("a:7233") == pods("a:7233")
    assert pods("a:7233") != pods("b:7233")


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        (
            {"address": "a:7233", "namespaceFrom": "argument"},
            {"TEMPORAL_ADDRESS": "a:7233"},
        ),
        (
            {"address": "a:7233", "namespace": None},
            {"TEMPORAL_ADDRESS": "a:7233", "TEMPORAL_NAMESPACE": "default"},
        ),
        (
            {"address": "a:7233", "tls": {"secretName": "certificate"}},
            {
                "TEMPORAL_ADDRESS": "a:7233",
                "TEMPORAL_NAMESPACE": "default",
                "TEMPORAL_TLS": "true",
                "TEMPORAL_TLS_CLIENT_CERT_PATH": "/etc/temporal/tls/tls.crt",
                "TEMPORAL_TLS_CLIENT_KEY_PATH": "/etc/temporal/tls/tls.key",
            },
        ),
        (
            {"addressFrom": "argument", "address": "a:7233", "tls": {"serverName": "b"}},
            {"TEMPORAL_TLS_SERVER_NAME": "b"},
        ),
    ],
    ids=["namespace of the endpoint", "no namespace", "no authority", "address of the endpoint"],
)
def test_what_is_the_endpoints_is_not_in_the_config_map(connection: dict[str, Any], expected: dict[str, str]) -> None:
    """A variable is there only if the values alone say what it is; the namespace is Temporal's default if unset."""
    assert render({"temporal": {"connection": connection}}).all("ConfigMap")[0]["data"] == expected
