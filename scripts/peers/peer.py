"""What a peer answers: does it fail on this chart, and how long does it take for a combination."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scripts.peers.planted import ROOT

TOOLS = ROOT / "build" / "tools"
WORKERS = 2


class NotMeasuredError(Exception):
    """The peer is not here, or cannot work on this chart; the text says why."""


@dataclass(frozen=True)
class Verdict:
    """Whether the peer fails on a chart, and the first line of why; `undecided` when it broke down itself."""

    failed: bool
    why: str = ""
    undecided: bool = False


class Peer(Protocol):
    """One tool with one way of using it."""

    name: str
    version: str
    sees: str

    def verdict(self, chart: Path) -> Verdict:
        """Run everything the peer has on that chart."""

    def seconds(self, chart: Path) -> float:
        """Seconds for one combination, start-up included, on a chart without defects."""


def run(command: list[str | Path], folder: Path = ROOT, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it says."""
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, check=False)


def tool(name: str) -> Path:
    """A tool of build/tools.

    Raises:
        NotMeasuredError: it was not built.
    """
    binary = TOOLS / name
    if not binary.exists():
        raise NotMeasuredError(f"{name} is not built; run .venv/bin/python -m scripts.build_tools {name}")
    return binary


def passed(verdict: Verdict) -> None:
    """Nothing is timed that ended early.

    Raises:
        NotMeasuredError: the peer failed.
    """
    if verdict.failed:
        raise NotMeasuredError(f"it fails on combinations of the chart as it is: {verdict.why}")


def first_line(text: str) -> str:
    """The first line that says something, cut to the width of a terminal."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:160]
