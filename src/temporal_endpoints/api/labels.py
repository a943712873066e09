"""The labels of an endpoint, as Launch demands them and Kubernetes takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from temporal_endpoints.errors import RefusedError

_REQUIRED = ("team", "product")
_RESERVED = ("user_id", "endpoint_name")
_INVALID_TEAM = "_INVALID_TEAM"
_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_PREFIX = r"(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/)?"
_KEY = re.compile(rf"{_PREFIX}[A-Za-z0-9](?:[-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?")
_MOST_CHARACTERS = 63
# A prefix has at most 253 characters, then a slash and the name.
_MOST_KEY_CHARACTERS = 253 + 1 + 63


def require_labels(labels: Mapping[str, str]) -> None:
    """Refuse labels that Launch or Kubernetes would refuse.

    Raises:
        RefusedError: it names the label.
    """
    for key in _REQUIRED:
        if not labels.get(key):
            raise RefusedError(f"The label {key!r} is missing. Set {' and '.join(_REQUIRED)}.")
    for key in _RESERVED:
        if key in labels:
            raise RefusedError(f"The label {key!r} is reserved. Leave it out.")
    if labels["team"] == _INVALID_TEAM:
        raise RefusedError(f"The label 'team' is {_INVALID_TEAM}. Set it to your team.")
    for key, value in labels.items():
        if len(key) > _MOST_KEY_CHARACTERS or _KEY.fullmatch(key) is None:
            raise RefusedError(f"{key[:80]!r} is not a valid label key. Use letters, digits, '-', '_' and '.'.")
        if len(value) > _MOST_CHARACTERS:
            raise RefusedError(
                f"The label {key!r} has {len(value)} characters. Kubernetes takes {_MOST_CHARACTERS} at most."
            )
        if _VALUE.fullmatch(value) is None:
            raise RefusedError(
                f"{value!r} is not a valid label value ({key!r}). Use letters, digits, '-', '_' and '.', with a letter "
                "or digit first and last."
            )
