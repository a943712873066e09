"""A Temporal activity worker, as the image of an endpoint would hold it; runs as a script.

`temporal_endpoints_worker` makes it a worker; the file WORKER_RECORD gets what it does, one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

from temporalio import activity

from temporal_endpoints_worker import run_worker


def note(what: str, **details: object) -> None:
    """Write one line of the record."""
    record = os.environ.get("WORKER_RECORD")
    if record:
        own = {"process": os.getpid(), "pod": os.environ.get("HOSTNAME")}
        line = json.dumps({"time": time.time(), "what": what, **own, **details})
        with Path(record).open("a") as file:
            file.write(f"{line}\n")


@activity.defn(name="work")  # type: ignore[untyped-decorator,unused-ignore]
async def work(seconds: float) -> int:
    """Take so long, and answer which attempt it was."""
    about = activity.info()
    details = {"workflow": about.workflow_id, "attempt": about.attempt}
    note("begin", **details)
    end = time.monotonic() + seconds
    stop = asyncio.create_task(_note_stop(details))
    try:
        while (left := end - time.monotonic()) > 0:
            activity.heartbeat()
            await asyncio.sleep(min(1.0, left))
    except asyncio.CancelledError:
        note("cut short", **details)
        raise
    finally:
        stop.cancel()
    note("end", **details)
    return int(about.attempt)


async def _note_stop(details: dict[str, object]) -> None:
    await activity.wait_for_worker_shutdown()
    note("met by a stop", **details)


if __name__ == "__main__":
    note("started")
    run_worker(activities=[work])
    note("stopped")
