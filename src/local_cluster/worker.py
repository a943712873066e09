"""A Temporal activity worker, as the image of an endpoint would hold it; runs as a script.

It takes its connection from the environment, as the libraries of Temporal do, and its queue from TEMPORAL_TASK_QUEUE.
It runs WORKER_SLOTS activities at once, and notes what it does in the file WORKER_RECORD, one JSON object a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

# Longer than any grace period here, so that it is the kubelet that ends a worker which is not done in time.
_PATIENCE = timedelta(hours=2)
_running: set[str] = set()


def note(what: str, **details: object) -> None:
    """Write one line of the record."""
    record = os.environ.get("WORKER_RECORD")
    if record:
        line = json.dumps({"time": time.time(), "what": what, "process": os.getpid(), **details})
        with Path(record).open("a") as file:
            file.write(f"{line}\n")


@activity.defn(name="work")  # type: ignore[untyped-decorator,unused-ignore]
async def work(seconds: float) -> int:
    """Take so long, and answer which attempt it was."""
    about = activity.info()
    _running.add(about.activity_id + about.workflow_id)
    note("begin", workflow=about.workflow_id, attempt=about.attempt)
    end = time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            activity.heartbeat()
            await asyncio.sleep(min(1.0, left))
    except asyncio.CancelledError:
        note("cut short", workflow=about.workflow_id, attempt=about.attempt)
        raise
    finally:
        _running.discard(about.activity_id + about.workflow_id)
    note("end", workflow=about.workflow_id, attempt=about.attempt)
    return int(about.attempt)


async def main() -> None:
    """Work until SIGTERM, then end what is running."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    connection = ClientConfig.load_client_connect_config()
    client = await Client.connect(**connection)
    worker = Worker(
        client,
        task_queue=os.environ["TEMPORAL_TASK_QUEUE"],
        activities=[work],
        max_concurrent_activities=int(os.environ.get("WORKER_SLOTS", "10")),
        graceful_shutdown_timeout=_PATIENCE,
    )
    async with worker:
        note("ready", address=connection.get("target_host"))
        await told.wait()
        note("told to stop", running=len(_running))
    note("stopped")


if __name__ == "__main__":
    asyncio.run(main())
