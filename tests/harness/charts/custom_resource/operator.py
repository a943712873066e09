"""How the operator fills its templates: `<<name>>` is the argument of that name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping


def fill(text: str, arguments: Mapping[str, object]) -> str:
    """The text with every argument in its place, as JSON."""
    return re.sub(r"<<(\w+)>>", lambda match: json.dumps(arguments[match[1]]), text)
