"""Sets of combinations as bits of one number: bit n is combination n."""

from __future__ import annotations

from collections.abc import Iterable


def bit_set(numbers: Iterable[int], size: int) -> int:
    """Of `size` combinations those with these numbers."""
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
