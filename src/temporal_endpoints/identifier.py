"""Identifiers as Launch writes them: a prefix, and 20 characters that sort by time."""

from __future__ import annotations

import base64
import secrets
import time

ENDPOINT = "end"
BUNDLE = "bun"
# 4 + 8 bytes are 96 bits, which are 20 characters of 5 bits each, as in an xid.
_RANDOM_BYTES = 8


def new_identifier(prefix: str) -> str:
    """An identifier that nobody has been given yet."""
    moment = int(time.time()).to_bytes(4, "big")
    text = base64.b32hexencode(moment + secrets.token_bytes(_RANDOM_BYTES)).decode()
    return f"{prefix}_{text.rstrip('=').lower()}"


def resource_name(endpoint_id: str) -> str:
    """The name that the objects of an endpoint bear, as Launch makes it: 19 + 24 characters."""
    return f"launch-endpoint-id-{endpoint_id.replace('_', '-')}"
