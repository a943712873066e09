"""Processes that render are started with a garbage collector that seldom runs."""

from __future__ import annotations

import os

import pytest

from helm_nested.processes import spread


def collected(name: str) -> str | None:
    """What a process finds in its environment; at the top of a module, so that it can be sent to one."""
    return os.environ.get(name)


def test_rendering_processes_collect_garbage_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is started to render has GOGC 400, and the one that starts it is as it was."""
    monkeypatch.delenv("GOGC", raising=False)
    assert list(spread(collected, ["GOGC"], method="spawn", at_once=1)) == ["400"]
    assert "GOGC" not in os.environ


def test_the_user_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GOGC that the user has set stays as it is."""
    monkeypatch.setenv("GOGC", "50")
    assert list(spread(collected, ["GOGC"], method="spawn", at_once=1)) == ["50"]
