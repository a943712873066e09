"""A lock that a process holds on a file, where the system has such locks; a process that dies lets go of it."""

from __future__ import annotations

from typing import IO

try:
    import fcntl
except ImportError:  # Windows: whoever writes at the same time writes the same, and a file appears whole or not at all
    fcntl = None  # type: ignore[assignment]


def hold(file: IO[str]) -> None:
    """Wait until no other process holds the file, and hold it until it is closed.

    Raises:
        OSError: the file system knows no locks.
    """
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX)
