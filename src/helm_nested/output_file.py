"""One file that a command was asked to write."""

from __future__ import annotations

from pathlib import Path

from helm_nested.errors import OutputError


def write(path: Path, content: str) -> None:
    """Write the text, and the folders above it.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}. Name another file.") from error
