"""The life of one pod, in a thread of its own: waiting, running, ending; each step is told to the API server."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from local_cluster.api import Api, Object, Reference
from local_cluster.errors import ApiError
from local_cluster.kubelet.container import Container
from local_cluster.kubelet.sources import NODE, Sources, WaitingError

_LONGEST_BACK_OFF = 10.0
_LOOK_SECONDS = 0.05
_NOT_FOUND, _SERVER_FAILS = 404, 500
_PAUSE_SECONDS = 0.5


class Pod(threading.Thread):
    """Runs the containers of one pod until it is deleted or has ended; `note` hears of each step."""

    def __init__(
        self, api: Api, document: Object, folder: Path, base: Mapping[str, str], note: Callable[..., None]
    ) -> None:
        super().__init__(name=document["metadata"]["name"], daemon=True)
        self._api, self._note = api, note
        self.where = Reference("v1", "Pod", document["metadata"]["namespace"], document["metadata"]["name"])
        self._document, self._spec = document, document["spec"]
        self._folder = folder / document["metadata"]["namespace"] / document["metadata"]["name"]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sources = Sources(api, document, self._folder)
        self.containers = [Container(each, self._folder, base) for each in self._spec["containers"]]
        self._first = [Container(each, self._folder, base) for each in self._spec.get("initContainers") or []]
        self._started_at = _now()
        self._ending, self._killed = threading.Event(), threading.Event()
        self._deadline = 0.0
        self._waiting: tuple[str, str] = ("ContainerCreating", "")
        self._next_start = dict.fromkeys((each.name for each in self.containers), 0.0)

    def end(self, grace: float) -> None:
        """Begin to end it; a later call can only shorten the time that it has."""
        deadline = time.monotonic() + grace
        self._deadline = min(self._deadline, deadline) if self._ending.is_set() else deadline
        self._ending.set()

    def kill(self) -> None:
        """End it at once, without a word to anybody."""
        self._killed.set()
        self.end(0)
        for container in (*self._first, *self.containers):
            container.kill()

    def run(self) -> None:
        """Live."""
        try:
            if self._start():
                self._live()
            if self._ending.is_set():
                self._end()
        except (ApiError, OSError) as error:
            self._note("error", pod=self.where.name, error=str(error))

    def _start(self) -> bool:
        for container in self._first:
            while not self._starts(container):
                if self._ending.wait(1):
                    return False
            while container.status is None:
                if self._ending.wait(_LOOK_SECONDS):
                    return False
            if container.status != 0:
                self._tell("Failed")
                self._ending.wait()
                return False
        return not self._ending.is_set()

    def _live(self) -> None:
        """Keep the containers running as the restart policy says, until the pod ends or all are done."""
        policy = self._spec.get("restartPolicy", "Always")
        while not self._ending.is_set():
            changed = False
            for container in self.containers:
                status = container.status
                if container.number and status is None:
                    changed |= container.look()
                elif container.number and (policy == "Never" or (policy == "OnFailure" and status == 0)):
                    continue
                elif time.monotonic() >= self._next_start[container.name]:
                    changed |= self._start_again(container)
            if changed:
                self._tell("Running" if any(each.number for each in self.containers) else "Pending")
            if policy != "Always" and self._done(policy):
                failed = any(each.status != 0 for each in self.containers)
                self._tell("Failed" if failed else "Succeeded")
                self._ending.wait()
                return
            self._ending.wait(_LOOK_SECONDS)

    def _done(self, policy: str) -> bool:
        ended = {0} if policy == "OnFailure" else None
        return all(
            each.number and each.status is not None and (ended is None or each.status in ended)
            for each in self.containers
        )

    def _start_again(self, container: Container) -> bool:
        again = container.number != 0
        if again:
            container.ready = False
            container.restarts += 1
            self._note("exit", pod=self.where.name, container=container.name, status=container.status)
            self._event(
                "BackOff", f"Back-off restarting container {container.name}, which ended with {container.status}"
            )
        started = self._starts(container)
        back_off = min(2.0 * (container.restarts + 1), _LONGEST_BACK_OFF) if again or started else 1.0
        self._next_start[container.name] = time.monotonic() + back_off
        return True

    def _starts(self, container: Container) -> bool:
        try:
            # A container's runtime does that: the host's name is the pod's.
            environment = {"HOSTNAME": self.where.name or "", **self._sources.environment(container.description)}
            mounts = self._sources.mounts(container.description)
            container.start(environment, mounts)
        except (WaitingError, OSError) as error:
            reason = ("CreateContainerConfigError", str(error))
            if reason != self._waiting:
                self._waiting = reason
                self._note("waiting", pod=self.where.name, why=str(error))
                self._event("Failed", f"Error: {error}")
            return False
        self._note("start", pod=self.where.name, container=container.name, process=container.number)
        self._event("Started", f"Started container {container.name}")
        return True

    def _end(self) -> None:
        self._note("ending", pod=self.where.name, grace=round(self._deadline - time.monotonic(), 1))
        if any(each.status is None and each.number for each in self.containers):
            self._event("Killing", "Stopping the containers")
        threads = [threading.Thread(target=each.stop, args=(self._deadline,)) for each in self.containers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        killed = [each.name for each in self.containers if each.killed]
        self._note("ended", pod=self.where.name, killed=killed, statuses=[each.status for each in self.containers])
        self._ask(lambda: self._api.delete(self.where, grace=0))

    def _ask(self, request: Callable[[], object]) -> None:
        """Make a request until the API server answers it: while it is away nobody else looks after the pod.

        Raises:
            ApiError: the server refuses the request.
        """
        while True:
            try:
                request()
            except (ApiError, OSError) as error:
                if isinstance(error, ApiError) and error.status < _SERVER_FAILS:
                    raise
                self._note("error", pod=self.where.name, error=str(error))
                if self._killed.wait(_PAUSE_SECONDS):
                    return
            else:
                return

    def _tell(self, phase: str) -> None:
        ready = phase == "Running" and all(each.ready and each.status is None for each in self.containers)
        conditions = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
        status = {
            "phase": phase,
            "startTime": self._started_at,
            "conditions": [
                {"type": kind, "status": str(holds), "lastTransitionTime": _now()} for kind, holds in conditions.items()
            ],
            "containerStatuses": [self._container_status(each) for each in self.containers],
        }
        try:
            self._ask(lambda: self._api.patch(self.where, {"status": status}, part="status"))
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise

    def _container_status(self, container: Container) -> Object:
        status = container.status
        state: Object
        if container.number and status is None:
            state = {"running": {"startedAt": self._started_at}}
        elif container.number and self._spec.get("restartPolicy", "Always") != "Always":
            state = {"terminated": {"exitCode": status, "reason": "Error" if status else "Completed"}}
        elif container.number:
            state = {"waiting": {"reason": "CrashLoopBackOff", "message": f"it ended with {status}"}}
        else:
            reason, message = self._waiting
            state = {"waiting": {"reason": reason, "message": message}}
        return {
            "name": container.name,
            "image": container.description.get("image", ""),
            "imageID": "",
            "ready": container.ready and status is None,
            "started": container.started,
            "restartCount": container.restarts,
            "state": state,
        }

    def _event(self, reason: str, message: str) -> None:
        document: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{self.where.name}.{secrets.token_hex(6)}", "namespace": self.where.namespace},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Pod",
                "namespace": self.where.namespace,
                "name": self.where.name,
                "uid": self._document["metadata"]["uid"],
            },
            "type": "Normal" if reason in ("Started", "Killing") else "Warning",
            "reason": reason,
            "message": message,
            "source": {"component": "kubelet", "host": NODE},
            "firstTimestamp": _now(),
            "lastTimestamp": _now(),
            "count": 1,
        }
        try:
            self._ask(lambda: self._api.create(document))
        except ApiError as error:
            # A namespace that is being deleted takes no new objects.
            self._note("error", pod=self.where.name, error=str(error))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
