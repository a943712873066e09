"""A process that ends what is left of the workers as soon as the one that they work for has ended, however it did."""

from __future__ import annotations

import sys

from helm_nested.processes import end_session


def main() -> int:
    """Wait until nobody holds the other end of the standard input, and end the sessions that the arguments name."""
    sys.stdin.read()
    for leader in sys.argv[1:]:
        end_session(int(leader))
    return 0


if __name__ == "__main__":
    sys.exit(main())
