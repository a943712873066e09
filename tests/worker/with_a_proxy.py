"""A module with what web frameworks and tests leave in it beside an activity."""

from __future__ import annotations

from importlib import import_module
from unittest.mock import MagicMock

# It is found in the folder that the test adds to the path.
translate = import_module("some_activities").translate


class _Proxy:
    """As of a request that is not there: whatever is asked of it is refused."""

    def __call__(self) -> None:
        """As an activity, it can be called."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


proxy = _Proxy()
mock = MagicMock()
