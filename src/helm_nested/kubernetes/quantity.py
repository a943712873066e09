"""Kubernetes' quantities, exactly: `500m`, `1.5Gi`, `1e3`.

As in https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?[0-9]+))?",
    re.ASCII,
)
_FACTORS = {suffix: Decimal(1000) ** power for power, suffix in enumerate("num", start=-3)}
_FACTORS |= {suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)}
_FACTORS |= {f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}
# More digits than any quantity that Kubernetes can hold: it stops at 2^63 - 1, with nine digits behind the point.
_EXACT = Context(prec=100)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Decimal | None:
    match = _QUANTITY.fullmatch(text)
    if not match:
        return None
    number = Decimal(match["number"])
    if match["exponent"]:
        exponent = int(match["exponent"])
        # Beyond these no quantity fits, and Decimal would overflow.
        return number.scaleb(exponent, _EXACT) if abs(exponent) <= 30 else None
    return _EXACT.multiply(number, _FACTORS[match["suffix"]]) if match["suffix"] else number


def quantity(value: object) -> Decimal | None:
    """The number that a quantity means, None when it is no quantity."""
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _parse(str(value))
    return None
