"""Commands such as helm and kubectl, as a person runs them against the cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_cluster.errors import ClusterError


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Command:
    """One program with the environment that leads it to the cluster."""

    program: Path
    environment: Mapping[str, str]
    seconds: float = 120

    def run(self, *arguments: str | Path) -> Said:
        """Run it, however it ends."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments: str | Path) -> str:
        """What it prints.

        Raises:
            ClusterError: it failed; the text has what it said.
        """
        said = self.run(*arguments)
        if said.status != 0:
            words = " ".join([self.program.name, *map(str, arguments)])
            raise ClusterError(f"{words} ended with status {said.status}:\n{said.err.strip() or said.out.strip()}")
        return said.out
