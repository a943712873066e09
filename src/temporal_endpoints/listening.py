"""The address at which the API is asked."""

from __future__ import annotations

import ipaddress
import socket

from temporal_endpoints.errors import SettingsError


def bound(host: str, port: int) -> socket.socket:
    """A socket of this address that does not listen yet.

    Raises:
        SettingsError: another program listens there, or the address is none of this machine.
    """
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # As the connections of a process that has just ended do not keep the next one from it.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise SettingsError(
            f"nothing can listen on {host}:{port}: {error.strerror}. End what listens there, perhaps another "
            "`temporal-endpoints serve`, or choose another --host or --port."
        ) from error
    return made


def is_loopback(host: str) -> bool:
    """Whether nobody else can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
