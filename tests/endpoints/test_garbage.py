"""Python's search for garbage costs little while objects come that stay."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator

import pytest

from temporal_endpoints.garbage import collect_seldom


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process of the tests as it was."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def looks() -> int:
    """How often Python has looked so far."""
    return sum(int(each["collections"]) for each in gc.get_stats())


def test_objects_that_stay_are_looked_at_seldom() -> None:
    """Of a thousand answers of an API server at most one in twenty leads to a look."""
    collect_seldom()
    answer = json.dumps({"metadata": {str(number): {"name": []} for number in range(100)}})
    before = looks()
    kept = [json.loads(answer) for _ in range(1000)]
    assert looks() - before <= len(kept) / 20


def test_garbage_that_refers_to_itself_is_found() -> None:
    """It does not stay for ever."""
    collect_seldom()
    before = len(gc.get_objects())
    for _ in range(200_000):
        circle: list[object] = []
        circle.append(circle)
    assert len(gc.get_objects()) - before < 50_000
