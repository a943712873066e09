"""`temporal-endpoints` that kills itself at one of its commits; runs as a script, and takes that program's arguments.

MORTAL_COMMIT is the number of the commit, MORTAL_WHEN `before` or `after`. Each commit is a byte in the file
MORTAL_RECORD. Commits of the leader's row do not count, since they come by the clock.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import default

from temporal_endpoints.cli import main

_WRITES = ("INSERT", "UPDATE", "DELETE")
_LEADER = "UPDATE leader "


class Commits:
    """Counts the commits of this process that write something."""

    def __init__(self, deadly: int, when: str, record: str) -> None:
        self._deadly, self._when, self._record = deadly, when, record
        self._lock = threading.Lock()
        self._number = 0
        self._here = threading.local()

    def listen(self) -> None:
        """See every commit from now on."""
        event.listen(Engine, "begin", self._begins)
        event.listen(Engine, "before_cursor_execute", self._executes)
        event.listen(Engine, "commit", self._commits)
        commit: Any = default.DefaultDialect.do_commit

        def watched(dialect: Any, connection: Any) -> None:
            commit(dialect, connection)
            self._committed()

        default.DefaultDialect.do_commit = watched  # type: ignore[method-assign]

    def _begins(self, _connection: object) -> None:
        self._here.writes, self._here.number = False, 0

    def _executes(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(_WRITES) and not statement.startswith(_LEADER):
            self._here.writes = True

    def _commits(self, _connection: object) -> None:
        if getattr(self._here, "writes", False):
            with self._lock:
                self._number += 1
                self._here.number = self._number
                with open(self._record, "ab") as record:  # noqa: PTH123 - shorter than a path
                    record.write(b".")
            self._die_if("before")

    def _committed(self) -> None:
        self._die_if("after")
        self._here.number = 0

    def _die_if(self, when: str) -> None:
        if when == self._when and self._deadly and getattr(self._here, "number", 0) == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Commits(
        int(os.environ.get("MORTAL_COMMIT", "0")), os.environ.get("MORTAL_WHEN", ""), os.environ["MORTAL_RECORD"]
    ).listen()
    sys.exit(main(sys.argv[1:]))
