"""Digests of several parts that cannot run into each other."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

BYTES = 16
_LENGTH_BYTES = 8


def digest(*parts: bytes | memoryview) -> bytes:
    """The digest of these parts: each is counted with its length, so no others lead to it."""
    return digest_of(parts)


def digest_of(parts: Iterable[bytes | memoryview]) -> bytes:
    """The same of parts that are made one after the other."""
    seen = blake2b(digest_size=BYTES)
    for part in parts:
        seen.update(len(part).to_bytes(_LENGTH_BYTES, "little"))
        seen.update(part)
    return seen.digest()


def as_bytes(text: str) -> bytes:
    """A text for a digest, be there half a character in it."""
    return text.encode("utf-8", "surrogatepass")
