"""A stand-in for the API server over HTTP: what it does was measured, and it can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from temporal_endpoints.kubernetes.client import Kubernetes
from temporal_endpoints.records.model import ObjectKey

from .simulated_cluster import Object, ServerRefusalError, SimulatedCluster

PLURALS = {
    "v1": {"configmaps": "ConfigMap", "pods": "Pod"},
    "apps/v1": {"deployments": "Deployment"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "keda.sh/v1alpha1": {"scaledobjects": "ScaledObject", "triggerauthentications": "TriggerAuthentication"},
}
# Called with the method and the path: it may refuse (ServerRefusalError), wait, or break the connection by OSError.
Fault = Callable[[str, str], None]


@dataclass
class ApiServer:
    """All that is asked of it, and what it knows.

    Attributes:
        before: is called before a request is done; what it raises is the answer.
        after: is called when it was done, before it is answered.
        groups: the API groups that it serves.
    """

    cluster: SimulatedCluster = field(default_factory=SimulatedCluster)
    before: Fault = lambda _method, _path: None
    after: Fault = lambda _method, _path: None
    groups: dict[str, dict[str, str]] = field(default_factory=lambda: dict(PLURALS))
    users: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        """Hear of each change."""
        self.changed = threading.Condition(threading.RLock())
        self.log: list[tuple[int, str, Object]] = []
        self.oldest = 0
        self.cluster.changed = self._hear

    def _hear(self, kind: str, live: Object) -> None:
        with self.changed:
            self.log.append((int(live["metadata"]["resourceVersion"]), kind, live))
            self.changed.notify_all()

    def forget_the_past(self) -> None:
        """Watches that begin before now are answered with 410, and those that run end."""
        with self.changed:
            self.oldest = self.version
            self.log.clear()
            self.changed.notify_all()

    @property
    def version(self) -> int:
        """The newest resource version."""
        return max((number for number, _, _ in self.log), default=self.oldest)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two packets, and the second would wait 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *arguments: object) -> None:
        """Nothing is printed."""

    def _done(self) -> None:
        api = self.server.api
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        try:
            api.before(self.command, address.path)
            if query.get("watch"):
                self._watch(address.path, query)
                return
            with api.changed:
                answer = self._answer(address.path, query, body)
                if self.command != "GET" and query.get("dryRun") is None:
                    api.writes.append(f"{self.command} {address.path}")
            api.after(self.command, address.path)
        except ServerRefusalError as refusal:
            status = {"kind": "Status", "reason": refusal.reason, "message": refusal.message, "code": refusal.status}
            self._send(refusal.status, status if refusal.reason else refusal.message)
        except OSError:
            self.close_connection = True
        else:
            self._send(200, answer)

    do_GET = do_PATCH = do_DELETE = do_POST = _done  # noqa: N815 - the names that http.server looks for

    def _send(self, status: int, answer: Object | str) -> None:
        """JSON, or plain text as the server answers for a group that is absent."""
        plain = isinstance(answer, str)
        content = answer.encode() if isinstance(answer, str) else _json(answer)
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if plain else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def _place(self, path: str) -> tuple[str, str | None, str | None, str | None]:
        """The group and version, the namespace, the kind and the name in a path."""
        steps = path.strip("/").split("/")
        group = steps[1] if steps[0] == "api" else "/".join(steps[1:3])
        rest = steps[2:] if steps[0] == "api" else steps[3:]
        if group not in self.server.api.groups:
            raise ServerRefusalError(404, "", "404 page not found")
        if not rest:
            return group, None, None, None
        if rest[0] != "namespaces":
            return group, None, rest[0], None
        kind = self.server.api.groups[group].get(rest[2])
        if kind is None:
            raise ServerRefusalError(404, "NotFound", "the server could not find the requested resource")
        return group, rest[1], kind, rest[3] if len(rest) > 3 else None

    def _answer(self, path: str, query: dict[str, str], body: Object) -> Object:
        api = self.server.api
        if path.endswith("/tokenreviews"):
            user = api.users.get(body["spec"]["token"])
            return {"status": {"authenticated": user is not None, "user": {"username": user}}}
        group, namespace, kind, name = self._place(path)
        if kind is None:
            resources = api.groups[group].items()
            return {"resources": [{"name": name, "kind": kind, "namespaced": True} for name, kind in resources]}
        assert namespace is not None
        if name is None:
            place = (group, namespace, kind)
            items = [live for key, live in api.cluster.all().items() if self._matches(key, live, place, query)]
            return {"items": items, "metadata": {"resourceVersion": str(api.version)}}
        key = ObjectKey(group, kind, namespace, name)
        if self.command == "PATCH" and self.headers["Content-Type"] == "application/merge-patch+json":
            asked = body["metadata"]
            marks = {field: asked[field] for field in ("annotations", "labels")}
            return api.cluster.mark(key, asked["uid"], marks, query["fieldManager"])
        if self.command == "PATCH":
            return api.cluster.apply(body, query["fieldManager"], force=query.get("force") == "true")
        if self.command == "DELETE":
            api.cluster.delete(key, (body.get("preconditions") or {}).get("uid"))
            return {"kind": "Status", "status": "Success"}
        live = api.cluster.get(key)
        if live is None:
            raise ServerRefusalError(404, "NotFound", f'{kind} "{name}" not found')
        return live

    def _matches(
        self, key: ObjectKey, live: Object, place: tuple[str, str | None, str | None], query: dict[str, str]
    ) -> bool:
        label = query.get("labelSelector", "")
        is_labelled = label.removeprefix("!") in (live["metadata"].get("labels") or {})
        is_selected = not label or is_labelled != label.startswith("!")
        return (key.api_version, key.namespace, key.kind) == place and is_selected

    def _watch(self, path: str, query: dict[str, str]) -> None:
        api = self.server.api
        group, namespace, kind, _ = self._place(path)
        since = int(query["resourceVersion"])
        if since < api.oldest:
            raise ServerRefusalError(410, "Expired", "too old resource version")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            while not api.closed:
                with api.changed:
                    if since < api.oldest:
                        return
                    fresh = [entry for entry in api.log if entry[0] > since]
                    if not fresh:
                        api.changed.wait(0.2)
                        continue
                for number, word, live in fresh:
                    since = number
                    if self._matches(ObjectKey.of(live), live, (group, namespace, kind), query):
                        api.before("WATCH", path)
                        self.wfile.write(_json({"type": word, "object": live}) + b"\n")
                        self.wfile.flush()


def _json(value: Object) -> bytes:
    """As Go writes it: raw UTF-8, with escapes for control characters below U+0020 and two ends of lines alone."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: ApiServer


@contextmanager
def serving(api: ApiServer) -> Iterator[str]:
    """The server's address while it runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.api = api
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        api.closed = True
        with api.changed:
            api.changed.notify_all()
        server.shutdown()
        thread.join()
        server.server_close()


def client(address: str, **headers: Any) -> Kubernetes:
    """A client of it."""
    return Kubernetes(httpx2.Client(base_url=address, headers=headers, timeout=5.0), "default")
