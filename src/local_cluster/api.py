"""The Kubernetes API over HTTPS: JSON in and out, and the server's own words when it refuses."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from local_cluster.errors import ApiError

if TYPE_CHECKING:
    from local_cluster.certificates import Pair

Object = dict[str, Any]
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
# The server reads an apply patch as YAML, which takes these as escapes only.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Reference(NamedTuple):
    """Where one object is; without a name, all objects of the kind."""

    api_version: str
    kind: str
    namespace: str | None = None
    name: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Reference:
        """Where this object belongs."""
        metadata = document["metadata"]
        return cls(document["apiVersion"], document["kind"], metadata.get("namespace"), metadata["name"])


@dataclass(frozen=True)
class Answer:
    """What the server sent: the object, and the warnings beside it."""

    body: Any
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Api:
    """A client of one API server with one certificate; may be used by several threads.

    `headers` go with each request: impersonation is one.
    """

    host: str
    port: int
    tls: ssl.SSLContext
    headers: Mapping[str, str] = field(default_factory=dict)
    _idle: LifoQueue[http.client.HTTPSConnection] = field(default_factory=LifoQueue)
    _resources: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)

    @classmethod
    def connect(cls, host: str, port: int, authority: str, client: Pair) -> Api:
        """A client that shows this certificate, and trusts this authority alone."""
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(client.certificate, client.key)
        return cls(host, port, context)

    def as_user(self, name: str, *groups: str) -> Api:
        """The same server, asked in the name of somebody else."""
        headers = {"Impersonate-User": name, **({"Impersonate-Group": groups[0]} if groups else {})}
        return replace(self, headers=headers)

    def close(self) -> None:
        """Close the connections that are kept for the next request."""
        while not self._idle.empty():
            self._idle.get().close()

    def get(self, where: Reference, *, part: str = "") -> Object:
        """One object, or one of its parts, such as `scale`."""
        return self._object("GET", self.path(where, part))

    def find(self, where: Reference) -> Object | None:
        """One object, or nothing if it is absent."""
        try:
            return self.get(where)
        except ApiError as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise

    def list(self, where: Reference, *, labels: str = "") -> list[Object]:
        """All objects of a kind, each with its apiVersion and kind, which the server leaves out."""
        query = {"labelSelector": labels} if labels else {}
        body = self._object("GET", self.path(where), query=query)
        return [{"apiVersion": where.api_version, "kind": where.kind, **item} for item in body["items"]]

    def create(self, document: Object, *, dry_run: bool = False, part: str = "") -> Answer:
        """Create an object; unknown fields are refused."""
        where = Reference.of(document)
        path = self.path(where, part) if part else self.path(where._replace(name=None))
        return self.request("POST", path, document, query=_strict(dry_run=dry_run))

    def apply(
        self,
        document: Object | str,
        *,
        manager: str = "local-cluster",
        force: bool = False,
        dry_run: bool = False,
        where: Reference | None = None,
    ) -> Answer:
        """Server-side apply; unknown fields are refused. Of a text, `where` says what it holds."""
        place = where or Reference.of(document if isinstance(document, dict) else {})
        query = {**_strict(dry_run=dry_run), "fieldManager": manager, "force": str(force).lower()}
        return self.request("PATCH", self.path(place), document, query=query, kind=APPLY_PATCH)

    def patch(self, where: Reference, change: Object, *, part: str = "") -> Object:
        """Change the fields that the merge patch names."""
        return self._object("PATCH", self.path(where, part), change, kind=MERGE_PATCH)

    def delete(self, where: Reference, *, grace: int | None = None) -> None:
        """Delete an object, which may be absent already."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self.request("DELETE", self.path(where), options)
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def watch(self, where: Reference, *, seconds: int = 300) -> Generator[Object]:
        """What exists and then each change, on a connection of its own."""
        connection = self._connection(seconds + 10)
        try:
            path = f"{self.path(where)}?{urlencode({'watch': 1, 'timeoutSeconds': seconds})}"
            connection.request("GET", path, headers={**self.headers, "Accept": JSON})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise _refusal(answer.status, answer.read(), f"WATCH {path}")
            while line := answer.readline():
                yield json.loads(line)
        finally:
            connection.close()

    def path(self, where: Reference, part: str = "") -> str:
        """The path of an object, or of all of a kind."""
        plural, namespaced = self._resource(where.api_version, where.kind)
        steps = [_group(where.api_version)]
        if namespaced and where.namespace:
            steps += ["namespaces", where.namespace]
        steps += [step for step in (plural, where.name, part) if step]
        return "/".join(steps)

    def request(
        self,
        method: str,
        path: str,
        body: Object | str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        kind: str = JSON,
        seconds: float = 30,
    ) -> Answer:
        """One request; a status of 400 and above is an error.

        Raises:
            ApiError: what the server said.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        text = body if isinstance(body, str) or body is None else _as_yaml(body)
        headers = {**self.headers, "Accept": JSON, "Content-Type": kind}
        answer, content = self._send(method, target, text.encode() if text is not None else None, headers, seconds)
        if answer.status >= http.client.BAD_REQUEST:
            raise _refusal(answer.status, content, f"{method} {path}")
        is_json = (answer.getheader("Content-Type") or "").startswith(JSON)
        warnings = tuple(answer.headers.get_all("Warning") or ())
        return Answer(json.loads(content) if is_json else content.decode(), warnings)

    def _object(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        query: Mapping[str, str] | None = None,
        kind: str = JSON,
    ) -> Object:
        found: Object = self.request(method, path, body, query=query, kind=kind).body
        return found

    def _send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], seconds: float
    ) -> tuple[http.client.HTTPResponse, bytes]:
        try:
            connection, kept = self._idle.get_nowait(), True
            # It was made for another request, which may have had less patience.
            connection.timeout = seconds
            if connection.sock:
                connection.sock.settimeout(seconds)
        except Empty:
            connection, kept = self._connection(seconds), False
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # A kept connection may have been closed by the server meanwhile, before it read anything.
            if kept and isinstance(error, ConnectionError | ssl.SSLEOFError):
                return self._send(method, target, body, headers, seconds)
            if isinstance(error, OSError):
                raise
            raise ConnectionError(f"{method} {target}: {error!r}") from error
        self._idle.put(connection)
        return answer, content

    def _connection(self, seconds: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self.host, self.port, context=self.tls, timeout=seconds)

    def _resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        known = self._resources.get(api_version, {})
        if kind not in known:
            found = self._object("GET", _group(api_version))["resources"]
            known = {each["kind"]: (each["name"], each["namespaced"]) for each in found if "/" not in each["name"]}
            self._resources[api_version] = known
        if kind not in known:
            raise ApiError(http.client.NOT_FOUND, "NotFound", f"{api_version} has no {kind}", "discovery")
        return known[kind]


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _strict(*, dry_run: bool) -> dict[str, str]:
    return {"fieldValidation": "Strict", **({"dryRun": "All"} if dry_run else {})}


def _as_yaml(body: Object) -> str:
    """JSON that is YAML too: characters beyond the first plane stay as they are, since YAML knows no surrogates."""
    text = json.dumps(body, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _refusal(status: int, content: bytes, request: str) -> ApiError:
    try:
        said = json.loads(content)
        return ApiError(status, said.get("reason", ""), said.get("message", ""), request)
    except (ValueError, AttributeError):
        return ApiError(status, "", content.decode(errors="replace")[:500].strip(), request)
