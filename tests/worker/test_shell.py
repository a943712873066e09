"""A shell that keeps SIGTERM to itself is named when the worker begins, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from temporal_endpoints_worker.shell import shell_warning


def processes(folder: Path, name: str) -> Path:
    """A folder as /proc, whose first process bears this name."""
    (folder / "1").mkdir()
    (folder / "1" / "comm").write_text(f"{name}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["sh", "dash", "ash", "bash", "busybox"])
def test_shell_that_is_the_first_process_is_named(name: str, tmp_path: Path) -> None:
    """It started the worker, so it is who gets the signal."""
    warning = shell_warning(1, processes(tmp_path, name))
    assert warning is not None
    assert f"first process is {name}," in warning
    assert "exec" in warning


@pytest.mark.parametrize(("parent", "name"), [(1, "python"), (1, "tini"), (0, "sh"), (17, "sh")])
def test_nothing_is_said_where_the_signal_arrives(parent: int, name: str, tmp_path: Path) -> None:
    """A program that passes signals on, a worker that is the first process, or one that somebody else started."""
    assert shell_warning(parent, processes(tmp_path, name)) is None


def test_nothing_is_said_where_nothing_can_be_seen(tmp_path: Path) -> None:
    """There is no /proc on other systems."""
    assert shell_warning(1, tmp_path) is None
