"""What an argument can be, whatever a contract says of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

# What YAML 1.1 refuses outside of escapes or takes for a line break, and tabs, which Kubernetes' reader may refuse.
_NOT_ON_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def is_on_one_line(value: object) -> bool:
    """Whether a text can be the line of a block scalar; what is no text can."""
    return not isinstance(value, str) or _NOT_ON_A_LINE.search(value) is None


def has_utf8(text: str) -> bool:
    """Whether UTF-8 can hold it, as it can all texts but those with half of a character, a lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def not_json(value: object, place: str) -> Iterator[tuple[str, str]]:
    """What no JSON can carry, hence no encoder: YAML knows more types."""
    if isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                yield place, f"the key {name!r} is not a text; put it in quotes"
            yield from not_json(each, f"{place}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from not_json(each, f"{place}[{number}]")
    elif isinstance(value, str):
        if not has_utf8(value):
            yield place, f"{value!r} has a lone surrogate, which no UTF-8 text can hold; write the whole character"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield place, f"{value} is no JSON number; put it in quotes if a text is meant"
    elif value is not None and not isinstance(value, bool | int):
        yield place, f"{value!r} is a {type(value).__name__}; put it in quotes if a text is meant"
