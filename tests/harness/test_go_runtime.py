"""Processes that render are started with a garbage collector that seldom runs."""

from __future__ import annotations

import os
import subprocess
import sys

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


def command_collects(user: dict[str, str]) -> str:
    """What the command line finds as GOGC in its environment, with these variables of the user."""
    script = (
        "import os, sys, types\n"
        "sys.modules['helm_nested.cli'] = command = types.ModuleType('helm_nested.cli')\n"
        "command.main = lambda: print(os.environ.get('GOGC'))\n"
        "from helm_nested.__main__ import main\n"
        "main()\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "GOGC"} | user
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_command_collects_garbage_seldom() -> None:
    """The command's own process renders too: it is as those that it starts."""
    assert command_collects({}) == "400"
    assert command_collects({"GOGC": "50"}) == "50"
