"""Addresses of this machine, which nobody else can reach."""

from __future__ import annotations

import ipaddress

# For an HTTP client's `mounts`: what listens here is behind no proxy that the environment names, as for kubectl.
PAST_PROXIES: dict[str, None] = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))


def is_loopback(host: str) -> bool:
    """Whether nobody else can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
