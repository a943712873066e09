"""The program `helm-nested`: the command line, in a process that another one waits for."""

from __future__ import annotations

import sys

from helm_nested.watchdog import watched


def main() -> int:
    """Run the command line; a crash of the engine is reported as well, as exit status 2."""
    return watched(_command_line, lambda message: print(f"helm-nested: {message}", file=sys.stderr))


def _command_line() -> int:
    # Here, in the process that works: what is imported before they part would be copied as it is used.
    from helm_nested.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
