"""TLS and authentication: certificates and keys reach workers and KEDA from Secrets, and nothing else holds them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from helm_nested.pytest_plugin import over

from .bundle import MUTUAL_TLS, render
from .connection import TLS_DIRECTORY, has_authentication

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


@over(kind="Deployment", stage="filled")
def test_client_certificate_is_mounted_where_the_variables_point(document: Document, values: Document) -> None:
    """The client certificate's Secret, if one is named, is mounted read-only where TEMPORAL_TLS_* say, else nothing."""
    pod = document["spec"]["template"]["spec"]
    secret = values["temporal.connection.tls.secretName"]
    volumes = [each for each in pod["volumes"] if each["name"] == "temporal-tls"]
    mounts = [each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "temporal-tls"]
    assert volumes == ([{"name": "temporal-tls", "secret": {"secretName": secret}}] if secret else [])
    assert mounts == ([{"name": "temporal-tls", "mountPath": TLS_DIRECTORY, "readOnly": True}] if secret else [])


@over(kind="TriggerAuthentication", stage="filled")
def test_keda_reads_the_keys_of_the_workers_secrets(document: Document, values: Document) -> None:
    """The keys that the workers use, if no other object has them, and the token by which busy workers are asked for."""
    api_key = values["temporal.connection.apiKey.secretName"]
    certificate = values["temporal.connection.tls.secretName"]
    is_own = not values["temporal.keda.authenticationRef"]
    asks = values["temporal.keda.busyWorkers.enabled"]
    expected = [("token", values["temporal.keda.busyWorkers.tokenSecretName"], "token")] if asks else []
    expected += [("apiKey", api_key, "TEMPORAL_API_KEY")] if api_key and is_own else []
    if certificate and is_own:
        expected += [("cert", certificate, "tls.crt"), ("key", certificate, "tls.key")]
        if values["temporal.connection.tls.ca"]:
            expected.append(("ca", certificate, "ca.crt"))
    assert document["spec"] == {
        "secretTargetRef": [{"parameter": one, "name": name, "key": key} for one, name, key in expected]
    }
    assert document["apiVersion"] == "keda.sh/v1alpha1"
    assert set(document) == {"apiVersion", "kind", "metadata", "spec"}


@over(key="keda-scaled-object-temporal.yaml", kind="ScaledObject")
def test_authentication_is_there_exactly_if_the_trigger_needs_its_own(
    document: Document, bundle: Any, values: Document, arguments: Document
) -> None:
    """There is one, named as the endpoint is, for a key or certificate of its own and for the busy workers' token."""
    trigger = document["spec"]["triggers"][0]
    existing = values["temporal.keda.authenticationRef"]
    own = has_authentication(values) and not existing
    named = bundle.filled("keda-trigger-authentication-temporal.yaml")
    needed = own or values["temporal.keda.busyWorkers.enabled"]
    assert [each["metadata"]["name"] for each in named] == ([arguments["RESOURCE_NAME"]] if needed else [])
    if existing:
        assert trigger["authenticationRef"] == existing
    elif own:
        assert trigger["authenticationRef"] == {"name": arguments["RESOURCE_NAME"]}
    else:
        assert "authenticationRef" not in trigger


@over(kind="Deployment", stage="filled", choices={"scaling": "fixed"})
def test_without_a_trigger_there_is_nothing_to_authenticate(document: Document, bundle: Any) -> None:
    """Fixed scaling fills neither a ScaledObject nor a TriggerAuthentication."""
    assert document["kind"] == "Deployment"
    assert bundle.filled("keda-trigger-authentication-temporal.yaml") == []
    assert bundle.filled("keda-scaled-object-temporal.yaml") == []


@over(kind="ConfigMap", stage="installed")
def test_no_secret_is_in_a_config_map(document: Document) -> None:
    """No ConfigMap holds an API key or the content of a certificate; variables name paths of mounted files."""
    for name, value in document["data"].items():
        assert name != "TEMPORAL_API_KEY"
        assert not name.endswith("_DATA")
        assert not re.search(r"-----BEGIN|eyJhbGciOi", value)


@over()
def test_no_secret_is_rendered(document: Document) -> None:
    """The chart renders no Secret, installed or filled: keys and certificates are the cluster's."""
    assert document["kind"] != "Secret"


@pytest.mark.parametrize(("enabled", "data"), [(None, None), (True, "true"), (False, "false")])
def test_tls_is_the_sdks_decision_unless_set(enabled: bool | None, data: str | None) -> None:
    """TEMPORAL_TLS is there only when `tls.enabled` is said."""
    values = {"temporal": {"connection": {"address": "a:7233", "tls": {"enabled": enabled}}}}
    found = render(values).one("ConfigMap", "temporal-endpoints-connection")["data"]
    assert found.get("TEMPORAL_TLS") == data


def test_without_an_authority_keda_reads_none() -> None:
    """Unless `tls.ca` says that the Secret holds one, KEDA trusts the authorities of its own image."""
    (authentication,) = render(MUTUAL_TLS).filled("keda-trigger-authentication-temporal.yaml", "gpu-h100")
    assert [each["parameter"] for each in authentication["spec"]["secretTargetRef"]] == ["cert", "key"]
