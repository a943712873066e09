"""A watch tells each change by one line, whatever is in the object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import pytest

from temporal_endpoints.kubernetes.client import Kubernetes, Object
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.planning.documents import LABEL

from .api_server import ApiServer, client, serving
from .recorded import NAMESPACE
from .running import wait_until

# What Python, and not JSON, takes for the end of a line; the server writes the first one as it is, and escapes others.
ENDS_OF_LINES = ("\x85", "\x1c", "\u2028", "\u2029")


@pytest.mark.parametrize("text", [*ENDS_OF_LINES, "\n", "字幕", "x" * 200_000], ids=lambda text: ascii(text[:9]))
def test_line_ends_where_the_server_ends_it(text: str) -> None:
    """A text with another end of a line cut it in two, so the watch ended, and its change was not told."""
    api = ApiServer()
    with serving(api) as address:
        kubernetes = client(address)
        metadata = {"name": "one", "namespace": NAMESPACE}
        with api.changed:
            api.cluster.apply(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": text}}, "helm"
            )
        events = kubernetes.watch("v1", "ConfigMap", NAMESPACE, "", "0")
        kind, live = next(events)
        assert (kind, live["data"]) == ("ADDED", {"text": text})
        kubernetes.close()


class Told(Kubernetes):
    """A server that has one object, tells these changes of it, and then no more."""

    def __init__(self, first: Object, changes: Sequence[tuple[str, Object]]) -> None:
        self._first, self._changes = first, changes
        self.has_told, self.ended = Event(), Event()

    def list(self, *_: Any) -> tuple[Sequence[Object], str]:
        """The object."""
        return [self._first], "1"

    def watch(self, *_: Any) -> Iterator[tuple[str, Object]]:
        """The changes."""
        yield from self._changes
        self.has_told.set()
        self.ended.wait()


def of(version: int, kind: str, manager: str = "", **changes: Any) -> Object:
    """An object of an endpoint at this version; the manager has written its status."""
    api_version = {"PodDisruptionBudget": "policy/v1", "Deployment": "apps/v1"}[kind]
    written = [{"manager": "ours", "operation": "Apply"}]
    written += [{"manager": manager, "operation": "Update", "subresource": "status"}] if manager else []
    metadata: dict[str, Any] = {"name": "one", "namespace": NAMESPACE, "uid": "a", "labels": {LABEL: "end_1"}}
    metadata |= {"resourceVersion": str(version), "managedFields": written, **changes.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **changes}


@pytest.mark.parametrize(("kind", "news"), [("PodDisruptionBudget", 4), ("Deployment", 6)])
def test_status_that_nobody_reads_is_no_news(kind: str, news: int) -> None:
    """A budget has another one whenever a pod comes or goes; any other change of it is told."""
    status: dict[str, Any] = {"status": {"disruptionsAllowed": 1}}
    taken = {"managedFields": [{"manager": "kubectl", "operation": "Update"}]}
    changes = [
        ("MODIFIED", of(2, kind, "controller", **status)),
        ("MODIFIED", of(3, kind, "controller", status={})),
        ("MODIFIED", of(4, kind, spec={"maxUnavailable": 1})),
        ("MODIFIED", of(5, kind, spec={"maxUnavailable": 1}, metadata={"annotations": {"a": "b"}})),
        ("MODIFIED", of(6, kind, spec={"maxUnavailable": 1}, metadata={"annotations": {"a": "b"}, **taken})),
        ("MODIFIED", of(7, kind, metadata={"labels": {LABEL: "end_2"}})),
        ("DELETED", of(8, kind, metadata={"labels": {LABEL: "end_2"}})),
    ]
    first, heard = of(1, kind), list[str]()
    server = Told(first, changes)
    view = View(server, NAMESPACE, heard.append, kinds=[(first["apiVersion"], kind)])
    view.start()
    wait_until(server.has_told.is_set, "all that the server tells")
    # Who has lost it hears of that as well.
    assert heard == [*["end_1"] * news, "end_2", "end_1", "end_2"]
    assert view.of("end_1") == view.of("end_2") == {}
    view.stop()
    server.ended.set()
