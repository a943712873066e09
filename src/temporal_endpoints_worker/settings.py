"""What a worker is told by its environment, apart from the connection, which Temporal's library reads itself."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path

from temporal_endpoints_worker.errors import SettingsError

TASK_QUEUE = "TEMPORAL_TASK_QUEUE"
SLOTS = "TEMPORAL_WORKER_SLOTS"
GRACE = "TEMPORAL_WORKER_GRACE_SECONDS"
HEARTBEAT = "TEMPORAL_WORKER_HEARTBEAT_SECONDS"
METRICS_PORT = "TEMPORAL_WORKER_METRICS_PORT"
READY_PORT = "TEMPORAL_WORKER_READY_PORT"
READY_FILE = "TEMPORAL_WORKER_READY_FILE"
DEPLOYMENT = "TEMPORAL_DEPLOYMENT_NAME"
BUILD = "TEMPORAL_WORKER_BUILD_ID"

# Every variable that begins so is one of these, or of somebody else.
_PREFIX = "TEMPORAL_WORKER_"
_OWN = (SLOTS, GRACE, HEARTBEAT, METRICS_PORT, READY_PORT, READY_FILE, BUILD)
# What Kubernetes tells of a Service of the namespace, which may be called temporal-worker-metrics.
_LINK = re.compile(r"(tcp|udp|sctp)://\S+:\d+")
_LAST_PORT = 65535
# Kubernetes' own numbers of seconds end here, and so do Temporal's of activities.
_MOST = 2**31 - 1
# An activity that is cancelled needs time to tell Temporal: a fifth of a short grace period, never more than this.
_LONGEST_MARGIN = timedelta(seconds=10)
_MARGIN_PART = 5
# Without a known grace period the worker waits for its activities, and whoever stops it decides when they end.
_PATIENCE = timedelta(days=7)


@dataclass(frozen=True)
class Settings:
    """What one worker is to do.

    Attributes:
        task_queue: the queue that it polls.
        slots: how many activities it runs at once.
        grace: the time from SIGTERM until it is killed; none if nobody has said.
        heartbeat: how often it tells Temporal what it runs.
        identity: its name in Temporal, which is the pod's.
        metrics_port: where Prometheus reads its metrics, if anywhere.
        ready_port: where `GET /ready` is answered, if anywhere.
        ready_file: the file that is there while the worker is ready, if any.
        version: the name of its worker deployment and its build id, if it has them.
    """

    task_queue: str
    slots: int
    grace: timedelta | None
    heartbeat: timedelta
    identity: str
    metrics_port: int | None
    ready_port: int | None
    ready_file: Path | None
    version: tuple[str, str] | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """What these variables say; an empty one counts as absent.

        Raises:
            SettingsError: it names every variable that is missing or wrong.
        """
        reader = _Reader(environment)
        queue = environment.get(TASK_QUEUE, "")
        if not queue:
            reader.problems.append(
                f"{TASK_QUEUE} is not set, so there is no task queue to poll. Set it to the name that workflows use."
            )
        grace = reader.number(GRACE, 0, _MOST)
        metrics_port, ready_port = reader.number(METRICS_PORT, 1, _LAST_PORT), reader.number(READY_PORT, 1, _LAST_PORT)
        if metrics_port is not None and metrics_port == ready_port:
            reader.problems.append(f"{METRICS_PORT} and {READY_PORT} are both {ready_port}. Set one to another port.")
        file = environment.get(READY_FILE, "")
        if file and not Path(file).parent.is_dir():
            reader.problems.append(f"{READY_FILE}: there is no folder {Path(file).parent}. Mount one there.")
        settings = cls(
            task_queue=queue,
            slots=reader.number(SLOTS, 1, _MOST) or 1,
            grace=None if grace is None else timedelta(seconds=grace),
            heartbeat=timedelta(seconds=reader.number(HEARTBEAT, 1, 60) or 5),
            identity=environment.get("POD_NAME") or environment.get("HOSTNAME") or socket.gethostname(),
            metrics_port=metrics_port,
            ready_port=ready_port,
            ready_file=Path(file) if file else None,
            version=reader.version(),
        )
        if reader.problems:
            raise SettingsError("\n".join(reader.problems))
        return settings

    @staticmethod
    def warnings(environment: Mapping[str, str]) -> Iterator[str]:
        """A sentence for each variable that is probably meant for this library, and is none of its own."""
        for name, value in sorted(environment.items()):
            if not name.startswith(_PREFIX) or name in _OWN or _LINK.fullmatch(value):
                continue
            longer = [each for each in _OWN if each.startswith(f"{name}_")]
            for near in (longer or get_close_matches(name, _OWN, cutoff=0.9))[:1]:
                yield f"{name} is not heeded. Did you mean {near}? Then correct its name."

    @property
    def patience(self) -> timedelta:
        """How long activities may go on after SIGTERM before they are cancelled: the grace period less a margin."""
        if self.grace is None:
            return _PATIENCE
        return self.grace - min(_LONGEST_MARGIN, self.grace / _MARGIN_PART)


class _Reader:
    """Reads variables, and gathers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[str] = []

    def number(self, name: str, least: int, most: int) -> int | None:
        text = self._environment.get(name, "").strip()
        if not text or (name.endswith("_PORT") and _LINK.fullmatch(text)):
            return None
        number = least - 1
        if text.isascii() and text.isdigit():
            # Python reads no number of thousands of digits.
            digits = text.lstrip("0") or "0"
            number = int(digits) if len(digits) <= len(str(most)) else most + 1
        if not least <= number <= most:
            bounds = f"of {least} or more" if most == _MOST and number < least else f"from {least} to {most}"
            self.problems.append(f"{name} is {text!r}. Set it to a whole number {bounds}, or remove it.")
            return None
        return number

    def version(self) -> tuple[str, str] | None:
        deployment, build = self._environment.get(DEPLOYMENT, ""), self._environment.get(BUILD, "")
        if bool(deployment) != bool(build):
            there, missing = (DEPLOYMENT, BUILD) if deployment else (BUILD, DEPLOYMENT)
            self.problems.append(f"{there} is set and {missing} is not. Set both for a worker with a version, or none.")
        return (deployment, build) if deployment and build else None
