"""How an argument becomes text in a template.

Two encoders: `json`, the safe one, and `python-repr`, what `string.Template.substitute` does with Python objects,
which llm-engine's control plane relies on. Both suit templates that keep one rule: a scalar argument stands inside
double quotes, or is a bare number; a value stands bare; an entry has a line of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from helm_nested.contract import Argument

Encoder = Callable[[Argument, object], str]

# YAML 1.1 lets no C1 control character and no DEL stand raw in a text, JSON does (YAML 1.1, section 5.1).
_NOT_PRINTABLE = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")


def json_encoder(argument: Argument, value: object) -> str:
    """UTF-8 JSON: a list or map whole, a scalar's text escaped for the double quotes it stands in, an entry as is."""
    if argument.position == "value":
        return _json(value)
    if argument.position == "scalar" and isinstance(value, str):
        return _json(value)[1:-1]
    return _plain(value)


def python_repr_encoder(argument: Argument, value: object) -> str:  # noqa: ARG001 - the same shape as every encoder
    """`str()` of the value, hence Python's repr of a list: safe for many values, wrong for newlines (facts of PyYAML)."""
    return str(value)


ENCODERS: dict[str, Encoder] = {"json": json_encoder, "python-repr": python_repr_encoder}


def _plain(value: object) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
