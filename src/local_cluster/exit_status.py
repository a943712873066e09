"""How a verb that starts a cluster ends, whatever happens to it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from local_cluster.errors import ClusterError


def exit_status(verb: str, work: Callable[[], None]) -> int:
    """0: the work was done; 2: it could not be, and standard error says why; 130: somebody ended it."""
    try:
        work()
    except ImportError as error:
        # What a cluster needs is not in .venv before make cluster-tools.
        print(f"{verb}: {error}. Run make cluster-tools.", file=sys.stderr)
        return 2
    except ClusterError as error:
        print(f"{verb}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{verb}: {error}. If this machine is busy, run the same command again.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0
