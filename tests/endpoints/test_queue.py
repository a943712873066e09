"""The queue of endpoints: what is heard of one while somebody works on it leads to another look, unless it was seen."""

from __future__ import annotations

import time

import pytest

from temporal_endpoints.reconciling.queue import Queue


def test_what_was_heard_before_the_last_look_is_seen() -> None:
    """Such as what a watch tells of the look's own writes."""
    queue = Queue()
    queue.hear("one")
    assert queue.take() == "one"
    queue.hear("one")
    queue.done("one", looked=time.monotonic())
    assert len(queue) == 0


def test_what_is_heard_after_the_last_look_is_looked_at() -> None:
    """Also if the look failed, or does not say when it was, and at once."""
    queue = Queue()
    for number in range(3):
        queue.add("one")
        assert queue.take() == "one"
        looked = time.monotonic()
        queue.hear("one")
        if number == 0:
            queue.done("one", looked)
        elif number == 1:
            queue.done("one")
        else:
            queue.failed("one")
        assert queue.take() == "one"
        queue.done("one", time.monotonic())
        assert len(queue) == 0


def test_what_is_asked_for_during_a_look_is_looked_at() -> None:
    """The look may have read the records before, whatever it saw of the cluster afterwards."""
    queue = Queue()
    queue.add("one")
    assert queue.take() == "one"
    queue.add("one")
    queue.hear("one")
    queue.done("one", looked=time.monotonic())
    assert queue.take() == "one"


def test_what_fails_again_and_again_is_tried_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it failed: nobody tells when what was in the way is gone."""
    queue, now = Queue(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    queue.add("failing")
    for _ in range(20):
        assert queue.take() == "failing"
        queue.failed("failing")
        now += 100.0
    assert queue.take() == "failing"
    queue.failed("failing")
    now += 15.1
    queue.add("another")
    assert queue.take() == "failing"


def test_what_is_asked_for_comes_before_what_was_only_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most is seen of what was just made; whatever is asked of it counts as asked."""
    queue, now = Queue(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for name in ("seen", "seen and asked", "seen and new"):
        queue.hear(name)
    now = 1.0
    queue.add("asked")
    queue.add("seen and asked")
    queue.add_new("seen and new")
    queue.hear("asked")
    assert [queue.take() for _ in range(4)] == ["seen and asked", "seen and new", "asked", "seen"]


def test_what_was_seen_does_not_wait_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is asked for."""
    queue, now = Queue(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    queue.hear("seen")
    for number in range(3):
        now = float(number)
        queue.add(f"asked {number}")
    assert [queue.take() for _ in range(4)] == ["asked 0", "asked 1", "seen", "asked 2"]


def test_what_was_seen_waits_for_nobody_else() -> None:
    """While nothing is asked for it is looked at at once."""
    queue = Queue()
    queue.hear("seen")
    assert queue.take() == "seen"
    queue.hear("seen")
    queue.done("seen")
    assert queue.take() == "seen"
