"""The program `temporal-endpoints`: the control plane, and its command line."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run one command; Ctrl-C ends it without a traceback, also while its modules are still being loaded."""
    try:
        from temporal_endpoints import cli

        return cli.main()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
