"""`python -m temporal_endpoints_worker module:activities`: a worker without code of its own."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from temporal_endpoints_worker.contents import contents_of
from temporal_endpoints_worker.program import work

_END = """\
variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_* (Temporal's own), TEMPORAL_TASK_QUEUE,
TEMPORAL_WORKER_SLOTS, TEMPORAL_WORKER_GRACE_SECONDS and more, see docs/worker.md
exit status: 0 told to stop and done, 1 Temporal cannot be reached or refuses, 2 something is missing or wrong,
3 activities were cancelled because the grace period was over
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker until it is told to stop; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m temporal_endpoints_worker",
        description="Run the activities and workflows of Python modules as a Temporal worker.",
        epilog=_END,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="+",
        metavar="module[:name]",
        help="a module, or a function, list, workflow or object in it",
    )
    names = parser.parse_args(arguments).names
    return work(lambda: contents_of(names), os.environ, {})


def _end(status: int) -> NoReturn:
    """End without the interpreter's own end, which a thread of Temporal's library may turn into a crash."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end(main())
