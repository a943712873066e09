"""The nearest known name to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(unknown: str, known: Iterable[str]) -> str | None:
    """The known name that is most like the unknown one, if one is like it; capitals make no difference."""
    folded = {name.casefold(): name for name in sorted(known)}
    near = get_close_matches(unknown.casefold(), folded, n=1)
    return folded[near[0]] if near else None


def did_you_mean(unknown: str, known: Iterable[str]) -> str:
    """A sentence naming the nearest known name, else listing what is known; empty when nothing is known."""
    names = sorted(known)
    near = nearest(unknown, names)
    if near is not None:
        return f"Did you mean {near!r}?"
    return f"Known: {', '.join(names)}." if names else ""
