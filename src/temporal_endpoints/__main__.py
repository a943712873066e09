"""The program `temporal-endpoints`: the control plane, and its command line."""

from __future__ import annotations

import sys

from temporal_endpoints.cli import main as main

if __name__ == "__main__":
    sys.exit(main())
