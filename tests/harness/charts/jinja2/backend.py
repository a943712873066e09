"""What the backend of the workspaces adds to Jinja2."""

from __future__ import annotations

import json


def hours(text: str) -> int:
    """The seconds of a duration like `8h`."""
    return int(text.removesuffix("h")) * 3600


FILTERS = {"quoted": json.dumps, "hours": hours}
GLOBALS = {"domain": "desks.example.com"}
