"""The endpoints that have to be looked at: each once, at its time, and by one worker at a time."""

from __future__ import annotations

import time
from threading import Condition

# What was in the way is mostly not told when it is gone. A request may take its 10 seconds and fail once more, and the
# cluster is still as recorded within 30 seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
# So long does what was only seen of a name stand behind what is asked for: more may be seen of it meanwhile, as after
# each creation, and one look is enough for all of that.
_PATIENCE = 2.0


class Queue:
    """Names by the time at which they are due; whatever happens to a name while it is being worked on counts again."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        # Of which nothing was asked, but something was heard.
        self._patient: set[str] = set()
        # When something was heard of a name while it was being worked on.
        self._heard: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._closed = False

    def add(self, name: str, after: float = 0.0) -> None:
        """The name is due after so many seconds, or earlier if it already is."""
        with self._changed:
            due = time.monotonic() + after
            self._due[name] = min(due, self._due.get(name, due))
            self._patient.discard(name)
            self._changed.notify()

    def hear(self, name: str) -> None:
        """Something was seen of the name: it is due now, or when it was worked on, unless that looked after this.

        What is asked for comes before it, for a while.
        """
        with self._changed:
            now = time.monotonic()
            if name in self._busy:
                self._heard[name] = now
            else:
                self._notice(name, now)
                self._changed.notify()

    def add_new(self, name: str) -> None:
        """The name is due now, unless it is waiting already or being worked on."""
        with self._changed:
            if name not in self._due and name not in self._busy:
                self._due[name] = time.monotonic()
                self._changed.notify()
            if name not in self._busy:
                self._patient.discard(name)

    def take(self) -> str | None:
        """The next name when it is due, for this worker alone until `done`; None when the queue is closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                ready = [name for name, due in self._due.items() if due <= now and name not in self._busy]
                if ready:
                    name = min(ready, key=self._turn)
                    del self._due[name]
                    self._patient.discard(name)
                    self._busy.add(name)
                    return name
                waiting = [due for name, due in self._due.items() if name not in self._busy]
                self._changed.wait(max(min(waiting) - now, 0.0) if waiting else None)
            return None

    def done(self, name: str, looked: float = 0.0) -> None:
        """It was looked at, last at that moment, and there is nothing to try again."""
        with self._changed:
            self._free(name, looked)
            self._failures.pop(name, None)
            self._changed.notify()

    def failed(self, name: str) -> None:
        """It has to be looked at again, the later the more often this happens."""
        with self._changed:
            self._free(name, 0.0)
            count = self._failures.get(name, 0)
            self._failures[name] = count + 1
            pause = min(_FIRST_PAUSE * 2 ** min(count, 10), _LONGEST_PAUSE)
            due = time.monotonic() + pause
            self._due[name] = min(due, self._due.get(name, due))
            self._changed.notify()

    def _free(self, name: str, looked: float) -> None:
        self._busy.discard(name)
        heard = self._heard.pop(name, 0.0)
        if heard > looked:
            self._notice(name, heard)

    def _notice(self, name: str, heard: float) -> None:
        if name not in self._due:
            self._patient.add(name)
        self._due[name] = min(heard, self._due.get(name, heard))

    def _turn(self, name: str) -> float:
        """Whose is the smallest is taken first."""
        return self._due[name] + (_PATIENCE if name in self._patient else 0.0)

    def close(self) -> None:
        """Let every worker end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """How many are waiting or being worked on."""
        with self._changed:
            return len(self._due.keys() | self._busy)
