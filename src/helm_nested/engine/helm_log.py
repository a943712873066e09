"""What Helm's library writes to standard error by itself, past Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2


@contextmanager
def silenced() -> Iterator[None]:
    """Drop what Helm warns of meanwhile, where values that it must refuse are what is wanted.

    Go's log package writes to the file descriptor, so nothing that this process writes there meanwhile is seen: not
    for work in threads.
    """
    sys.stderr.flush()
    kept = os.dup(_STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STANDARD_ERROR)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, _STANDARD_ERROR)
        os.close(nowhere)
        os.close(kept)
