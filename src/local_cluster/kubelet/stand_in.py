"""The stand-in itself: sees the pods of all namespaces, binds each to its one node, and runs it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from local_cluster.api import Api, Object, Reference
from local_cluster.errors import ApiError
from local_cluster.kubelet.pod import Pod
from local_cluster.kubelet.sources import NODE

COMMANDS = Path(__file__).parent / "commands"
_PODS = Reference("v1", "Pod")
_DEFAULT_GRACE = 30.0
_JOIN_SECONDS = 5


class Kubelet:
    """Runs pods from now on until it is stopped; `history` tells what happened to each."""

    def __init__(self, api: Api, folder: Path, mark: Mapping[str, str]) -> None:
        self._api, self._folder = api, folder
        # Some commands are looked for here first: what an image would hold and this machine may not, and this Python.
        path = f"{COMMANDS}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._base = {"PATH": path, "HOME": str(folder), **mark}
        folder.mkdir(parents=True, exist_ok=True)
        self.pods: dict[str, Pod] = {}
        self.history: list[dict[str, Any]] = []
        self._stopped = threading.Event()
        node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        api.apply(node, force=True)
        self._thread = threading.Thread(target=self._watch, name="kubelet", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Kill what runs, and run no more."""
        self._stopped.set()
        for pod in list(self.pods.values()):
            pod.kill()

    def join(self) -> None:
        """Wait until its threads have ended, which they do when the API server is gone at the latest."""
        for thread in (self._thread, *self.pods.values()):
            thread.join(_JOIN_SECONDS)

    def note(self, what: str, **details: object) -> None:
        """Remember a step of a pod."""
        self.history.append({"time": time.time(), "what": what, **details})

    def of(self, namespace: str, name: str) -> Pod | None:
        """The living pod of this name."""
        wanted = (namespace, name)
        return next((pod for pod in self.pods.values() if (pod.where.namespace, pod.where.name) == wanted), None)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            try:
                with closing(self._api.watch(_PODS)) as events:
                    for event in events:
                        if self._stopped.is_set():
                            return
                        self._see(event)
            except (ApiError, OSError, ValueError) as error:
                self.note("watch", error=str(error))
                self._stopped.wait(0.5)

    def _see(self, event: Object) -> None:
        document = event["object"]
        if document.get("kind") != "Pod":
            return
        metadata = document["metadata"]
        pod = self.pods.get(metadata["uid"])
        deleted = event["type"] == "DELETED"
        if pod is None and not deleted and not metadata.get("deletionTimestamp"):
            # A pod without a node would be deleted at once, whatever its grace period.
            if not document["spec"].get("nodeName"):
                self._bind(document)
            elif document["spec"]["nodeName"] == NODE:
                pod = Pod(self._api, document, self._folder, self._base, self.note)
                self.pods[metadata["uid"]] = pod
                pod.start()
        elif pod is not None and (deleted or metadata.get("deletionTimestamp")):
            pod.end(0 if deleted else metadata.get("deletionGracePeriodSeconds", _DEFAULT_GRACE))
            if deleted:
                del self.pods[metadata["uid"]]

    def _bind(self, document: Object) -> None:
        metadata = document["metadata"]
        binding: Object = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
        }
        where = Reference("v1", "Pod", metadata["namespace"], metadata["name"])
        try:
            self._api.request("POST", self._api.path(where, "binding"), binding)
        except ApiError as error:
            # It was bound or deleted meanwhile; another event of it comes.
            self.note("binding", pod=metadata["name"], error=str(error))
