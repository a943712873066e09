"""Connection: how workers and KEDA come to Temporal, and that no secret is ever in the open."""

from __future__ import annotations

import json

import pytest

from .bundle import API_KEY, DEVICES, KEDA, MUTUAL_TLS, merged, render

CONNECTION = "temporal-endpoints-connection"


def test_nothing_is_said_by_default() -> None:
    """Without a connection there is no ConfigMap and no envFrom."""
    bundle = render()
    assert len(bundle.all("ConfigMap")) == 1
    assert "envFrom" not in bundle.container("cpu")


@pytest.mark.parametrize("device", DEVICES)
def test_address_and_namespace_reach_workers(device: str) -> None:
    """Address and namespace are TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE of every worker, from a ConfigMap."""
    bundle = render(merged(KEDA, {"temporal": {"connection": {"namespace": "orders"}}}))
    assert bundle.container(device)["envFrom"] == [{"configMapRef": {"name": CONNECTION}}]
    assert bundle.one("ConfigMap", CONNECTION)["data"] == {
        "TEMPORAL_ADDRESS": "temporal-frontend.temporal:7233",
        "TEMPORAL_NAMESPACE": "orders",
    }


def test_connection_is_in_the_endpoints_namespace() -> None:
    """The ConfigMap is where the workers are: llm-engine's endpoint_namespace, else the release's."""
    assert render(KEDA).one("ConfigMap", CONNECTION)["metadata"]["namespace"] == "launch-endpoints"
    values = merged(KEDA, {"config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}}})
    assert render(values).one("ConfigMap", CONNECTION)["metadata"]["namespace"] == "endpoints"


def test_api_key_comes_from_its_secret_for_workers_and_keda() -> None:
    """The Secret's key TEMPORAL_API_KEY becomes the worker's variable, and KEDA's parameter apiKey is the same key."""
    bundle = render(API_KEY)
    assert {"secretRef": {"name": "api-key"}} in bundle.container("gpu")["envFrom"]
    (authentication,) = bundle.filled("keda-trigger-authentication-temporal.yaml", "gpu-h100")
    assert authentication["spec"]["secretTargetRef"] == [
        {"parameter": "apiKey", "name": "api-key", "key": "TEMPORAL_API_KEY"}
    ]


def test_client_certificate_is_mounted_for_workers_and_referred_to_for_keda() -> None:
    """The Secret is mounted where the TEMPORAL_TLS_* paths point, and KEDA reads its keys."""
    tls = {"ca": True, "serverName": "temporal.example.com", "disableHostVerification": True}
    bundle = render(merged(MUTUAL_TLS, {"temporal": {"connection": {"tls": tls}}}))
    assert bundle.one("ConfigMap", CONNECTION)["data"] == {
        "TEMPORAL_ADDRESS": "temporal-frontend.temporal:7233",
        "TEMPORAL_NAMESPACE": "default",
        "TEMPORAL_TLS": "true",
        "TEMPORAL_TLS_CLIENT_CERT_PATH": "/etc/temporal/tls/tls.crt",
        "TEMPORAL_TLS_CLIENT_KEY_PATH": "/etc/temporal/tls/tls.key",
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/etc/temporal/tls/ca.crt",
        "TEMPORAL_TLS_SERVER_NAME": "temporal.example.com",
        "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "true",
    }
    mount = {"name": "temporal-tls", "mountPath": "/etc/temporal/tls", "readOnly": True}
    assert mount in bundle.container("cpu")["volumeMounts"]
    assert {"name": "temporal-tls", "secret": {"secretName": "client-certificate"}} in bundle.pod("cpu")["volumes"]
    (authentication,) = bundle.filled("keda-trigger-authentication-temporal.yaml", "gpu-h100")
    assert [
        (each["parameter"], each["name"], each["key"]) for each in authentication["spec"]["secretTargetRef"]
    ] == [(parameter, "client-certificate", key) for parameter, key in
          (("cert", "tls.crt"), ("key", "tls.key"), ("ca", "ca.crt"))]  # fmt: skip


def test_sources_of_variables_stand_in_order_of_precedence() -> None:
    """The last source wins in Kubernetes: the user's own first, then the connection, then the API key."""
    values = merged(API_KEY, {"extraPodEnvFrom": [{"secretRef": {"name": "mine"}}]})
    assert render(values).container("cpu")["envFrom"] == [
        {"secretRef": {"name": "mine"}},
        {"configMapRef": {"name": CONNECTION}},
        {"secretRef": {"name": "api-key"}},
    ]


def test_existing_config_map_takes_the_place_of_ours() -> None:
    """`existingConfigMap` is referred to, and none is installed."""
    bundle = render(merged(KEDA, {"temporal": {"connection": {"existingConfigMap": "theirs"}}}))
    assert bundle.container("cpu")["envFrom"] == [{"configMapRef": {"name": "theirs"}}]
    assert not bundle.all("ConfigMap", CONNECTION)


def test_installing_it_is_a_switch() -> None:
    """With `install.connectionConfigMap: false` it is neither installed nor referred to."""
    bundle = render(merged(KEDA, {"temporal": {"install": {"connectionConfigMap": False}}}))
    assert not bundle.all("ConfigMap", CONNECTION)
    assert "envFrom" not in bundle.container("cpu")


def test_changed_connection_changes_the_pods() -> None:
    """Pods of an updated endpoint restart when the connection changed, and only then."""

    def pods(address: str) -> object:
        values = merged(KEDA, {"temporal": {"connection": {"address": address}}})
        return render(values).deployment("cpu")["spec"]["template"]

    assert pods("a:7233") == pods("a:7233")
    assert pods("a:7233") != pods("b:7233")


@pytest.mark.parametrize("values", [KEDA, API_KEY, MUTUAL_TLS], ids=["plain", "api key", "mutual TLS"])
def test_no_secret_is_rendered(values: dict[str, object]) -> None:
    """The chart renders no Secret object, and no environment variable with a literal key or certificate."""
    bundle = render(values)
    assert not bundle.all("Secret")
    rendered = json.dumps(bundle.objects)
    assert "CERT_DATA" not in rendered
    assert "KEY_DATA" not in rendered
    assert all("TEMPORAL_API_KEY" not in (each.get("data") or {}) for each in bundle.all("ConfigMap"))


@pytest.mark.parametrize(("enabled", "data"), [(None, None), (True, "true"), (False, "false")])
def test_tls_is_the_sdks_decision_unless_set(enabled: bool | None, data: str | None) -> None:
    """TEMPORAL_TLS is there only when `tls.enabled` is said."""
    values = {"temporal": {"connection": {"address": "a:7233", "tls": {"enabled": enabled}}}}
    assert render(values).one("ConfigMap", CONNECTION)["data"].get("TEMPORAL_TLS") == data
