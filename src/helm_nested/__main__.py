"""The program `helm-nested`: the command line, in a process that another one waits for."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable


def main() -> int:
    """Run the command line; a crash of the engine is reported as well, as exit status 2."""
    # Ctrl-C ends a program that still imports; Python would print where it was.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from helm_nested.go_runtime import collect_rarely

    collect_rarely()
    from helm_nested.terminal import open_standard_streams, tell
    from helm_nested.watchdog import watched

    open_standard_streams()
    return watched(_command_line, tell)


def _command_line() -> Callable[[], int]:
    # Here, in the process that works: what is imported before they part would be copied as it is used.
    from helm_nested.cli import main

    return main


if __name__ == "__main__":
    sys.exit(main())
