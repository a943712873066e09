"""Standard error of native code, which writes there past Python: read by another process, and printed as plain text."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from helm_nested.terminal import plain

_STANDARD_ERROR = 2
_CHUNK = 1 << 16


class ErrorStream:
    """A pipe in place of standard error: one process writes, the one that waits for it prints."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._line = b""

    def divert(self) -> None:
        """Have native code, and programs started from now on, write to the pipe; Python goes on as before."""
        own = os.dup(_STANDARD_ERROR)
        os.dup2(self._writing, _STANDARD_ERROR)
        os.close(self._writing)
        os.close(self.reading)
        # Text for a person: each line when it is whole, as standard error always is.
        sys.stderr = os.fdopen(own, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")

    def listen(self) -> None:
        """Leave writing to the other process."""
        os.close(self._writing)

    def print(self) -> bool:
        """Print the lines that have been written; whether there may be more."""
        while True:
            try:
                part = os.read(self.reading, _CHUNK)
            except BlockingIOError:
                return True
            if not part:
                self.print_rest()
                return False
            *lines, self._line = (self._line + part).split(b"\n")
            for line in lines:
                _print(line + b"\n")

    def print_rest(self) -> None:
        """Print the line that was begun last."""
        line, self._line = self._line, b""
        _print(line)


def _print(line: bytes) -> None:
    text = plain(line.decode("utf-8", "backslashreplace"))
    with suppress(OSError):  # nobody reads it any more
        os.write(_STANDARD_ERROR, text.encode(sys.stderr.encoding, "backslashreplace"))
