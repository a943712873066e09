"""Files that a command was asked to write."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from helm_nested.errors import OutputError


def require_writable(*paths: Path | None, reads: Iterable[Path] = ()) -> None:
    """Accept files that can be written, as far as this can be known before: work of minutes must not be lost for one.

    Raises:
        OutputError: one is a folder, stands in one that cannot be written or made, or is among what the command reads.
    """
    # What is not there is not read, and nothing needs to be looked through.
    there_already = [path for path in paths if path is not None and path.is_file()]
    read = {path.resolve() for path in reads} if there_already else set()
    for there in there_already:
        if there.resolve() in read:
            raise _unwritable(there, "this command reads it, and it would be lost")
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise _unwritable(path, "it is a folder")
        nearest = path if path.exists() else next(each for each in path.absolute().parents if each.exists())
        if nearest != path and not nearest.is_dir():
            raise _unwritable(path, f"{nearest} is not a folder")
        if not os.access(nearest, os.W_OK):
            raise _unwritable(path, os.strerror(errno.EACCES))


def write(path: Path, content: str) -> None:
    """Write the text, and the folders above it.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_fifo():
            _write_to_pipe(path, content)
            return
        # A lone surrogate, which a chart can hold, has no UTF-8; as an escape it is what JSON has for it too.
        path.write_text(content, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error


def _write_to_pipe(pipe: Path, content: str) -> None:
    """Write to a pipe that somebody reads; another one would be waited for without end."""
    try:
        number = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _unwritable(pipe, "nobody reads this pipe") from error
        raise
    os.set_blocking(number, True)
    with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(content)


def write_all(contents: Mapping[Path | None, Callable[[], str]]) -> list[OutputError]:
    """Write each file that was asked for; what cannot be written keeps no other from being written, and is returned."""
    errors = []
    for path, content in contents.items():
        if path is not None:
            try:
                write(path, content())
            except OutputError as error:
                errors.append(error)
    return errors


def refuse(errors: list[OutputError]) -> None:
    """Accept that every file was written.

    Raises:
        OutputError: some were not; the text has every one of them.
    """
    if errors:
        raise OutputError("\n".join(map(str, errors)))


def _unwritable(path: Path, why: str) -> OutputError:
    return OutputError(f"{path} cannot be written: {why}. Name another file.")
