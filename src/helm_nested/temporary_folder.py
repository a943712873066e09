"""Folders that go when the work is over, however it ends."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helm_nested import watchdog


@contextmanager
def temporary_folder(prefix: str = "helm-nested-", within: Path | None = None) -> Iterator[Path]:
    """A folder of its own, removed in the end, also if this process is ended meanwhile."""
    folder = Path(within or tempfile.gettempdir(), f"{prefix}{secrets.token_hex(8)}").absolute()
    # Noted before it is there: no moment is left at which it would stay.
    watchdog.remember(folder)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        watchdog.forget(folder)


@contextmanager
def kept_meanwhile(folder: Path) -> Iterator[None]:
    """While something that must not be lost passes through the folder, it stays if this process is ended."""
    watchdog.forget(folder)
    try:
        yield
    finally:
        watchdog.remember(folder)
