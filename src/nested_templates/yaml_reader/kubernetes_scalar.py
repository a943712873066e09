"""What a plain scalar is to Kubernetes and Helm, which read YAML with sigs.k8s.io/yaml and then as JSON."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from functools import lru_cache

Scalar = str | int | float | bool | None

# A plain text that starts with another character is a text.
FIRST_CHARACTERS = frozenset("0123456789+-.yYnNtTfFoO~<")

_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
for _value, _words in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off"))):
    for _word in _words:
        _WORDS |= dict.fromkeys((_word, _word.capitalize(), _word.upper()), _value)
for _sign, _infinite in (("", math.inf), ("+", math.inf), ("-", -math.inf)):
    _WORDS |= dict.fromkeys((f"{_sign}.inf", f"{_sign}.Inf", f"{_sign}.INF"), _infinite)
_WORDS |= dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)

_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hexadecimal>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES = {"hexadecimal": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SMALLEST_INTEGER, _BIGGEST_INTEGER, _BIGGEST_UNSIGNED = -(2**63), 2**63 - 1, 2**64 - 1
# Go prints a float64 below this without an exponent, so that an integer stands in the JSON (encoding/json).
_EXPONENT_FROM = 1e21


@lru_cache(maxsize=8192)
def read_scalar(text: str) -> Scalar:
    """The value of a plain scalar: a word, a number, or the text itself (a date and a time of day stay texts)."""
    value = resolve(text)
    return _without_fraction(value) if isinstance(value, float) else value


def resolve(text: str) -> Scalar:
    """The same before it becomes JSON, where 1.0 is still a float."""
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith("."):
        return _float(text) if _FLOAT.fullmatch(text) else text
    if text[0] not in "0123456789+-":
        return text
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    number = _float(digits) if _FLOAT.fullmatch(digits) else digits
    return number if isinstance(number, float) else text


def key_text(text: str) -> str | None:
    """The key that a plain scalar is in a map, where JSON has texts only; None for one that is refused."""
    value = resolve(text)
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return None
        case int():
            # An unsigned integer of 64 bits is not among the types of keys that are taken.
            return str(value) if value <= _BIGGEST_INTEGER else None
        case float():
            return _shortest(value)
    return value


def _integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits)
    if match is None or match.lastgroup is None:
        return None
    value = int(match[match.lastgroup], _BASES[match.lastgroup])
    if match["sign"] == "-":
        value = -value
    biggest = _BIGGEST_INTEGER if match["sign"] else _BIGGEST_UNSIGNED
    return value if _SMALLEST_INTEGER <= value <= biggest else None


def _float(text: str) -> float | str:
    value = float(text)
    return text if math.isinf(value) else value


def _without_fraction(value: float) -> int | float:
    # By its shortest digits, as Go prints them: they can be beyond 64 bits where the float itself is not.
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < _EXPONENT_FROM else value


def _shortest(value: float) -> str:
    """The shortest text that gives the same float of 32 bits, as Go's 'g' writes it."""
    if math.isnan(value):
        return ".nan"
    try:
        single: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    if single == 0:
        return "-0" if math.copysign(1, single) < 0 else "0"
    # Nine digits always tell two floats of 32 bits apart (IEEE 754).
    written = next(
        text
        for text in (f"{single:.{precision}e}" for precision in range(9))
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single
    )
    mantissa, _, power = written.partition("e")
    exponent = int(power)
    digits = mantissa.lstrip("-").replace(".", "")
    # Go's shortest 'g' has an exponent below 1e-4 and from a million on (strconv.FormatFloat).
    if exponent < -4 or exponent >= 6:
        return f"{mantissa}e{exponent:+03d}"
    return f"{single:.{max(len(digits) - 1 - exponent, 0)}f}"
