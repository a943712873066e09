"""How workers and KEDA come to Temporal, as the values say it."""

from __future__ import annotations

from typing import Any

from helm_nested.engine import Release

from .names import full_name

TLS_DIRECTORY = "/etc/temporal/tls"
PATH = "temporal.connection"


def variables(values: Any) -> dict[str, str]:
    """The TEMPORAL_* variables, by the names of the Temporal SDKs' environment configuration."""
    found: dict[str, str] = {}
    if values[f"{PATH}.address"] and values[f"{PATH}.addressFrom"] == "value":
        found["TEMPORAL_ADDRESS"] = values[f"{PATH}.address"]
        if values[f"{PATH}.namespaceFrom"] == "value":
            found["TEMPORAL_NAMESPACE"] = values[f"{PATH}.namespace"] or "default"
    enabled = values[f"{PATH}.tls.enabled"]
    if enabled is not None:
        found["TEMPORAL_TLS"] = "true" if enabled else "false"
    if values[f"{PATH}.tls.secretName"]:
        found["TEMPORAL_TLS"] = "true"
        found["TEMPORAL_TLS_CLIENT_CERT_PATH"] = f"{TLS_DIRECTORY}/tls.crt"
        found["TEMPORAL_TLS_CLIENT_KEY_PATH"] = f"{TLS_DIRECTORY}/tls.key"
        if values[f"{PATH}.tls.ca"]:
            found["TEMPORAL_TLS_SERVER_CA_CERT_PATH"] = f"{TLS_DIRECTORY}/ca.crt"
    if values[f"{PATH}.tls.serverName"]:
        found["TEMPORAL_TLS_SERVER_NAME"] = values[f"{PATH}.tls.serverName"]
    if values[f"{PATH}.tls.disableHostVerification"]:
        found["TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"] = "true"
    return found


def installs_connection(values: Any) -> bool:
    """Whether the release installs a ConfigMap with these variables."""
    return bool(
        variables(values) and values["temporal.install.connectionConfigMap"] and not values[f"{PATH}.existingConfigMap"]
    )


def config_map_name(values: Any, release: Release) -> str | None:
    """The ConfigMap that workers read their variables from; none if nothing is said, or nothing is installed."""
    if values[f"{PATH}.existingConfigMap"]:
        return str(values[f"{PATH}.existingConfigMap"])
    return f"{full_name(values, release)}-connection" if installs_connection(values) else None


def has_authentication(values: Any) -> bool:
    """Whether KEDA has anything to authenticate with."""
    return bool(values[f"{PATH}.apiKey.secretName"] or values[f"{PATH}.tls.secretName"])
