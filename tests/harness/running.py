"""The command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def command(*arguments: str, stdout: int = subprocess.PIPE, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with these variables besides."""
    return subprocess.run(
        [sys.executable, "-m", "helm_nested", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


@contextmanager
def nobody_reads() -> Iterator[int]:
    """An output whose reader has gone, as that of `helm-nested render | head -1`."""
    read, write = os.pipe()
    os.close(read)
    try:
        yield write
    finally:
        os.close(write)
