"""The nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(unknown: str, known: Iterable[str]) -> str:
    """A sentence naming the nearest known name, else listing what is known; empty when nothing is known."""
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(unknown.casefold(), folded, n=1)
    if near:
        return f"Did you mean {folded[near[0]]!r}?"
    return f"Known: {', '.join(names)}." if names else ""
