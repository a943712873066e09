"""Files that a command reads: what is no file is told, and nothing is waited for that may never come."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

# Here a shell hands over what another program writes: `-f <(sops decrypt ...)`, `-f /dev/stdin`.
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/")


class NotUtf8Error(UnicodeDecodeError):
    """The same error in words: where, and what to do."""

    def __str__(self) -> str:
        return f"it is not UTF-8: {self.reason} at byte {self.start}. Save it as UTF-8."


def read_text(path: Path) -> str:
    """The file as UTF-8, without a byte order mark.

    Raises:
        OSError: it cannot be read, or is something else than a file, such as a folder or a named pipe.
        NotUtf8Error: it is not UTF-8.
    """
    fault = _kind(path)
    if fault is not None:
        raise OSError(errno.EINVAL, fault, str(path))
    return decode(path.read_bytes())


def decode(content: bytes) -> str:
    """The text that these bytes are in UTF-8, without a byte order mark, and with one kind of line ends.

    Raises:
        NotUtf8Error: they are not UTF-8.
    """
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise NotUtf8Error(*error.args) from error


def fault_of(path: Path) -> str | None:
    """Why that is no file that could be read, where this can be told without reading it."""
    try:
        return _kind(path)
    except OSError as error:
        return f"it is a link that leads nowhere ({error.strerror})" if path.is_symlink() else error.strerror


def _kind(path: Path) -> str | None:
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or str(path).startswith(_HANDED_OVER):
        return None
    if stat.S_ISDIR(mode):
        return "it is a folder, not a file"
    return "it is a named pipe, not a file" if stat.S_ISFIFO(mode) else "it is a device or a socket, not a file"


def is_there(place: Path) -> bool:
    """Whether something is there, as far as it may be looked at: in a container the home may be another user's."""
    try:
        return place.exists()
    except OSError:
        return False
