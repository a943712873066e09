"""A comparison as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from helm_nested.difference.change import Comparison, summary

FORMAT = 1


def to_json(comparison: Comparison) -> str:
    """The comparison as a JSON text."""
    document = {"format": FORMAT, "summary": summary(comparison), **asdict(comparison)}
    # ASCII, for a lone surrogate, which a chart can hold, has no UTF-8.
    return json.dumps(document, indent=1, ensure_ascii=True, sort_keys=True) + "\n"
