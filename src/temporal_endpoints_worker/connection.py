"""The connection to Temporal, from the variables that all of Temporal's libraries read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.runtime import Runtime

from temporal_endpoints_worker.errors import ServerError, SettingsError, cause, without_contents

_FILES = ("TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_SERVER_CA_CERT_PATH")
_NOT_VERIFIED = "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"
_SECONDS = 30.0


def connection_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """The arguments of `Client.connect` that these variables, and the configuration file they name, say.

    Raises:
        SettingsError: there is no address, a file cannot be read, or Temporal's library does not understand them.
    """
    for name in _FILES:
        if environment.get(name):
            _require_readable(name, Path(environment[name]))
    if environment.get(_NOT_VERIFIED, "").lower() in ("true", "1"):
        raise SettingsError(
            f"{_NOT_VERIFIED} is set, and Temporal's Python library always verifies the server's certificate. Remove "
            "it, and name the server's authority in TEMPORAL_TLS_SERVER_CA_CERT_PATH."
        )
    try:
        profile = ClientConfigProfile.load(override_env_vars=dict(environment))
        arguments = dict(profile.to_client_connect_config())
    except (RuntimeError, OSError, ValueError) as error:
        told = without_contents(str(error))
        raise SettingsError(
            f"Temporal's library cannot read the connection from the environment: {told}. Correct the TEMPORAL_* "
            "variable, or the file that TEMPORAL_CONFIG_FILE names."
        ) from None
    if not arguments.get("target_host"):
        raise SettingsError(
            "TEMPORAL_ADDRESS is not set, so there is no Temporal server to connect to. Set it to host:port, for "
            "example localhost:7233 for a server on this machine."
        )
    return arguments


async def connect(arguments: Mapping[str, Any], identity: str, runtime: Runtime) -> Client:
    """A client that is connected.

    Raises:
        ServerError: the server cannot be reached within 30 s, or refuses.
    """
    address = arguments["target_host"]
    advice = (
        "Check TEMPORAL_ADDRESS, that the server runs, that network policies let this pod reach it, and that "
        "TEMPORAL_TLS is as the server expects."
    )
    try:
        return await asyncio.wait_for(Client.connect(**arguments, identity=identity, runtime=runtime), _SECONDS)
    except TimeoutError as error:
        raise ServerError(f"Temporal at {address} did not answer in {_SECONDS:.0f} s. {advice}") from error
    except (RuntimeError, OSError, ValueError) as error:
        raise ServerError(f"Temporal at {address} cannot be reached: {cause(error)}. {advice}") from error


def _require_readable(name: str, path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{name}: {path} cannot be read: {error.strerror}. Mount the Secret with the certificate there, or correct "
            "the variable."
        ) from error
