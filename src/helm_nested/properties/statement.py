"""What part of a document a failing statement of a test looks at, as far as its text and variables show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Steps = tuple[str | int, ...]

_STEP = r"""\[(?:"[^"]+"|'[^']+'|-?\d+)\]|\.get\((?:"[^"]+"|'[^']+')[^()]*\)"""
_LOOKED_AT = re.compile(rf"\b([^\W\d]\w*)((?:{_STEP})*)")
_ONE = re.compile(r"""(?:\[|\.get\()(?:"([^"]+)"|'([^']+)'|(-?\d+))""")


def looked_at(statement: str, variables: Mapping[str, object], document: object) -> Steps:
    """The path of the first part of the document that the statement names, by whatever variable it is at hand."""
    for name, steps in _LOOKED_AT.findall(statement):
        above = _within(document, variables.get(name))
        if above is not None and (above or steps or name == "document"):
            below = [int(index) if index else one or two for one, two, index in _ONE.findall(steps)]
            return (*above, *below)
    return ()


def _within(document: object, part: object) -> Steps | None:
    """Where in the document this very object is; None if it is not in it."""
    if part is document:
        return ()
    if not isinstance(part, dict | list):
        return None
    # Nearest first, one level after the other.
    level: Sequence[tuple[Steps, object]] = [((), document)]
    while level:
        below: list[tuple[Steps, object]] = []
        for steps, each in level:
            entries = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
            below += [((*steps, key), value) for key, value in entries if isinstance(value, dict | list)]
        for steps, value in below:
            if value is part:
                return steps
        level = below
    return None
