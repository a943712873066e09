"""Values that are free YAML, as they arrive in a filled document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# What the control plane fills wherever a value is free YAML; any other dollar sign is data.
_IDENTIFIER = re.compile(r"\$\{(RESOURCE_NAME|ENDPOINT_ID|ENDPOINT_NAME|NAMESPACE)\}")


def filled(value: Any, arguments: Mapping[str, Any]) -> Any:
    """The value with the four identifiers filled in, in every text of it, and nothing else changed."""
    if isinstance(value, str):
        return _IDENTIFIER.sub(lambda match: str(arguments[match[1]]), value)
    if isinstance(value, list):
        return [filled(each, arguments) for each in value]
    if isinstance(value, dict):
        return {filled(key, arguments): filled(each, arguments) for key, each in value.items()}
    return value


def entries(value: Mapping[str, Any] | None) -> dict[str, Any]:
    """The entries of a map; a null entry says that there is none."""
    return {key: each for key, each in (value or {}).items() if each is not None}
