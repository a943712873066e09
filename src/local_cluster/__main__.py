"""Starts a cluster for a person, says how to use it, and ends it on Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from types import FrameType

from local_cluster.exit_status import exit_status


def main() -> int:
    """0: it was ended by somebody; 2: it could not be started."""
    argparse.ArgumentParser(prog="make cluster", description=__doc__).parse_args()
    return exit_status("make cluster", _until_ended)


def _until_ended() -> None:
    end = threading.Event()

    def ask_to_end(_number: int, _frame: FrameType | None) -> None:
        if end.is_set():
            raise KeyboardInterrupt
        end.set()

    from local_cluster.cluster import Cluster
    from local_cluster.introduction import introduction

    print("Starting Kubernetes, KEDA and Temporal on this machine, some 15 seconds ...", flush=True)
    with Cluster() as cluster:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, ask_to_end)
        print(introduction(cluster), flush=True)
        # A died part is told, since everything else then fails for a reason that is hard to see.
        while not end.wait(0.5):
            cluster.processes.require_all_alive()
        print("\nEnding it ...", flush=True)
    print("Nothing of it is left.")


if __name__ == "__main__":
    sys.exit(main())
