"""Work in several processes gives what one would, and a process that dies is no verdict."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from helm_nested.errors import CannotCheckError
from helm_nested.findings.parts import in_parts


def test_every_item_is_worked_on_once_and_in_order() -> None:
    """The parts together are the items, whatever process had them."""
    items = list(range(1000))
    assert [number for part in in_parts(list, items) for number in part] == items


def test_a_process_that_dies_is_not_a_pass() -> None:
    """Out of memory, or killed: what it had was not checked, and that is said."""

    def work(part: Sequence[int]) -> int:
        if 500 in part:
            os.kill(os.getpid(), signal.SIGKILL)
        return len(part)

    with pytest.raises(CannotCheckError, match="died"):
        list(in_parts(work, list(range(1000))))


def test_items_are_the_callers_own() -> None:
    """No copy is worked on: a template's dialect is told from others by being the one object that it is."""
    mark = object()
    items = [mark] * 1000

    def own(part: Sequence[object]) -> list[bool]:
        return [item is mark for item in part]

    assert all(is_own for part in in_parts(own, items) for is_own in part)
