"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc

# New objects between two looks. By default it is 700, which one answer of an API server exceeds several times.
_NEW_OBJECTS = 20_000


def collect_seldom() -> None:
    """Look seldom, and never at what is there by now: a control plane holds many thousands of objects that stay.

    Looking took a tenth of its processor time while endpoints came.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
