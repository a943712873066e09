"""What the image of an endpoint holds: activities that block, as `python -m temporal_endpoints_worker` runs them."""

from __future__ import annotations

import time

from temporalio import activity

from temporal_endpoints_worker import heartbeating


@activity.defn(name="work")  # type: ignore[untyped-decorator,unused-ignore]
@heartbeating
def work(seconds: float) -> int:
    """Block so long, and answer which attempt it was."""
    time.sleep(seconds)
    return int(activity.info().attempt)


@activity.defn(name="work")  # type: ignore[untyped-decorator,unused-ignore]
def silent_work(seconds: float) -> int:
    """The same without heartbeats."""
    time.sleep(seconds)
    return int(activity.info().attempt)


@activity.defn(name="work")  # type: ignore[untyped-decorator,unused-ignore]
@heartbeating
def reporting_work(seconds: float) -> str:
    """Report where it is once, block so long, fail at first, and answer what the attempt before had reported."""
    about = activity.info()
    if about.attempt > 1:
        return str(about.heartbeat_details)
    activity.heartbeat("half", 50)
    time.sleep(seconds)
    raise RuntimeError("the first attempt fails")
