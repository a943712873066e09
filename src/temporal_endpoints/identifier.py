"""Identifiers as Launch writes them: a prefix, and 20 characters that sort by time."""

from __future__ import annotations

import base64
import secrets
import time

ENDPOINT = "end"
BUNDLE = "bun"
# 4 + 8 bytes are 96 bits, which are 20 characters of 5 bits each, as in an xid.
_RANDOM_BYTES = 8
# The last characters of an identifier are random; more of them would make the name of KEDA's autoscaler too long.
_BUILD_CHARACTERS = 8


def new_identifier(prefix: str) -> str:
    """An identifier that nobody has been given yet."""
    moment = int(time.time()).to_bytes(4, "big")
    text = base64.b32hexencode(moment + secrets.token_bytes(_RANDOM_BYTES)).decode()
    return f"{prefix}_{text.rstrip('=').lower()}"


def resource_name(endpoint_id: str, build: str | None = None) -> str:
    """The name that the objects of an endpoint bear, as Launch makes it: 19 + 24 characters; of a build 9 more."""
    name = f"launch-endpoint-id-{endpoint_id.replace('_', '-')}"
    return name if build is None else f"{name}-{build.rpartition('_')[2][-_BUILD_CHARACTERS:]}"
