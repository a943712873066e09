"""What Helm says of a failed template, said for the person who has to mend it."""

from __future__ import annotations

import re

_FAIL = re.compile(r"error calling fail: (.*?)(?:\n\nUse --debug flag.*)?\Z", re.DOTALL)
_PLACE = re.compile(r"([\w./-]+\.(?:ya?ml|tpl|txt)):(\d+)")


def explain(message: str) -> str:
    """Helm's message, the template and line in front; a chart's own `fail` is taken out of its wrapping."""
    message = message.strip()
    where = _PLACE.search(message)
    place = f" ({where[1]}, line {where[2]})" if where else ""
    failed = _FAIL.search(message)
    if failed:
        return f"the chart refuses these values{place}:\n{failed[1].strip()}"
    return f"a template failed{place}. Helm says:\n    {message}\nCorrect the template, or the values it was given."
