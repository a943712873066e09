"""helm-nested itself, as a command from its cold start on."""

from __future__ import annotations

import shutil
import sys
import time
from importlib.metadata import version
from pathlib import Path

from scripts.peers.inputs import Inputs
from scripts.peers.peer import Verdict, first_line, passed, run


class HelmNested:
    """`helm-nested check` at strength 2, and at strength 3 when that finds nothing."""

    def __init__(self, folder: Path, inputs: Inputs) -> None:
        """Findings go below `folder`."""
        self._findings, self._inputs = folder / "findings", inputs
        self.name = "helm-nested check"
        self.version = f"helm-nested {version('helm-nested')}"
        self.sees = "both stages, every document alone and what they are together"

    def verdict(self, chart: Path) -> Verdict:
        """Strength 2, then 3."""
        first = self._check(chart, "2")
        if first.failed:
            return first
        second = self._check(chart, "3")
        return Verdict(second.failed, f"strength 3: {second.why}")

    def seconds(self, chart: Path) -> float:
        """Strength 2, whose combinations are the sample."""
        started = time.perf_counter()
        passed(self._check(chart, "2"))
        return (time.perf_counter() - started) / len(self._inputs.combinations)

    def _check(self, chart: Path, strength: str) -> Verdict:
        shutil.rmtree(self._findings, ignore_errors=True)
        done = run(
            [
                sys.executable, "-m", "helm_nested", "check", chart, "--strength", strength,
                "--findings", self._findings,
            ]
        )  # fmt: skip
        return Verdict(done.returncode != 0, first_line(done.stderr if done.returncode > 1 else done.stdout))
