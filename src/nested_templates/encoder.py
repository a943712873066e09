"""How an argument becomes text in a template.

Two encoders: `json`, the safe one, and `python-repr`, what `string.Template.substitute` does with Python objects,
which llm-engine's control plane relies on. Both suit templates that keep one rule: a scalar argument stands inside
double quotes, or is a bare number; a line is the one line of a literal block scalar with its indentation, `|2-`, where
quotes and backslashes are themselves; a value stands bare; an entry has a line of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from nested_templates.contract import Argument

Encoder = Callable[[Argument, object], str]

# What JSON lets stand raw in a text and YAML 1.1 does not take, or takes for a line break and folds with the white
# space around it (YAML 1.1, sections 5.1 and 9.1.1).
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
# Whatever Python writes as a number with an exponent and no point, and a text that looks so.
_WITHOUT_POINT = re.compile(r"(?:^|[ \[])-?\d+e[-+]\d")


def json_encoder(argument: Argument, value: object) -> str:
    """UTF-8 JSON: a list or map whole, a scalar's text escaped for its double quotes, a line or entry as it is."""
    if argument.position == "value":
        return flow(value)
    if argument.position == "scalar" and isinstance(value, str):
        return flow(value)[1:-1]
    return _plain(value)


def python_repr_encoder(argument: Argument, value: object) -> str:  # noqa: ARG001 - the same shape as every encoder
    """`str()` of the value, hence Python's repr of a list: safe for many values, wrong for newlines."""
    return str(value)


ENCODERS: dict[str, Encoder] = {"json": json_encoder, "python-repr": python_repr_encoder}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else flow(value)


def flow(value: object) -> str:
    """Any value as JSON that YAML 1.1 reads as the same value."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        return _by_parts(value)  # a key that JSON has no word for, such as a date
    return _by_parts(value) if _WITHOUT_POINT.search(text) else _escaped(text)


def _by_parts(value: object) -> str:
    """The same for a value that JSON's own encoder does not write as YAML 1.1 needs it; it takes ten times as long."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_by_parts(str(key))}: {_by_parts(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_by_parts, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and "." not in text:
        return text.replace("e", ".0e")  # to YAML 1.1 a number without a point is no float, so 1e+16 is a text
    return _escaped(text)


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
