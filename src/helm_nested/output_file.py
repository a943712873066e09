"""One file that a command was asked to write."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from helm_nested.errors import OutputError


def require_writable(*paths: Path | None) -> None:
    """Accept files that can be written, as far as this can be known before: work of minutes must not be lost for one.

    Raises:
        OutputError: one is a folder, or stands in one that cannot be written or made.
    """
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise _unwritable(path, "it is a folder")
        there = path if path.exists() else next(each for each in path.absolute().parents if each.exists())
        if there != path and not there.is_dir():
            raise _unwritable(path, f"{there} is no folder")
        if not os.access(there, os.W_OK):
            raise _unwritable(path, os.strerror(errno.EACCES))


def write(path: Path, content: str) -> None:
    """Write the text, and the folders above it.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error


def _unwritable(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} cannot be written: {why}. Name another file.")
