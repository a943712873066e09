"""Values maps, merged as Helm merges them."""

from __future__ import annotations

from typing import Any

Values = dict[str, Any]


def merge(base: Values, over: Values) -> Values:
    """Two values maps merged as Helm merges several -f files: maps by key, anything else replaced; null stays."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
