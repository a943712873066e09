"""Requests to the Kubernetes API: objects as the server has them, and its own words when it refuses.

lightkube brings the connection (`configuration`: kubeconfig, service account, rotated tokens, exec plugins). The
requests are made here: its typed objects drop fields that they do not know, and its delete has no precondition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any

import httpx2

from nested_templates.encoder import flow
from temporal_endpoints.errors import TemporalEndpointsError
from temporal_endpoints.records.model import ObjectKey

Object = dict[str, Any]
REQUEST_SECONDS = 10.0
_WATCH_SECONDS = 240
_APPLY = "application/apply-patch+yaml"
_JSON = "application/json"
_MERGE = "application/merge-patch+json"
_NOT_FOUND, _GONE = 404, 410
_PAGE = 500


class UnreachableError(TemporalEndpointsError):
    """The API server gave no answer; whether it did what was asked is not known."""


class RefusedByServerError(TemporalEndpointsError):
    """The API server's answer was no.

    Attributes:
        status: the HTTP status.
        reason: Kubernetes' word for it, such as `Forbidden` or `Conflict`.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


class KindAbsentError(RefusedByServerError):
    """The API server does not know the kind: what defines it is not installed."""


class ExpiredError(TemporalEndpointsError):
    """What changed since a resource version is not known any more: list again."""


class Kubernetes:
    """A client of one API server; may be used by several threads.

    Args:
        http: the connection, with its base URL and credentials.
        namespace: the namespace of the context.
    """

    def __init__(self, http: httpx2.Client, namespace: str) -> None:
        self._http = http
        self.namespace = namespace
        self._plurals: dict[tuple[str, str], str] = {}
        self._lock = Lock()

    def get(self, key: ObjectKey) -> Object | None:
        """One object, or nothing if it is absent."""
        try:
            return self._request("GET", self._path(key))
        except RefusedByServerError as error:
            if error.status == _NOT_FOUND and not isinstance(error, KindAbsentError):
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str, labels: str = "") -> tuple[Sequence[Object], str]:
        """All objects of a kind with these labels, and the resource version at which they were so."""
        path = self._collection(api_version, kind, namespace)
        found: list[Object] = []
        query = {"limit": str(_PAGE)} | ({"labelSelector": labels} if labels else {})
        while True:
            answer = self._request("GET", path, query=query)
            found += ({"apiVersion": api_version, "kind": kind, **item} for item in answer["items"])
            query["continue"] = answer["metadata"].get("continue") or ""
            if not query["continue"]:
                return found, str(answer["metadata"]["resourceVersion"])

    def watch(
        self, api_version: str, kind: str, namespace: str, labels: str, since: str
    ) -> Iterator[tuple[str, Object]]:
        """What changes after a resource version, as the server's word and the object, until the connection ends.

        Raises:
            ExpiredError: it is too long ago.
        """
        query = {
            "watch": "1",
            "resourceVersion": since,
            "labelSelector": labels,
            "timeoutSeconds": str(_WATCH_SECONDS),
            "allowWatchBookmarks": "true",
        }
        path = self._collection(api_version, kind, namespace)
        timeout = httpx2.Timeout(REQUEST_SECONDS, read=_WATCH_SECONDS + REQUEST_SECONDS)
        try:
            with self._http.stream("GET", path, params=query, timeout=timeout) as answer:
                if answer.status_code >= httpx2.codes.BAD_REQUEST:
                    answer.read()
                    raise _refusal(answer)
                for line in _lines(answer):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _expired_or_refused(event["object"])
                    yield event["type"], event["object"]
        except RefusedByServerError as error:
            if error.status == _GONE:
                raise ExpiredError(str(error)) from error
            raise
        except (httpx2.HTTPError, ValueError) as error:
            raise UnreachableError(f"the watch of {kind} ended: {_said(error)}") from error

    def apply(self, document: Mapping[str, Any], manager: str, *, dry_run: bool = False) -> Object:
        """Server-side apply in the name of a manager, whose fields these become.

        `metadata.resourceVersion` "1" makes it create only, `metadata.uid` update only.
        """
        query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        # The server reads it as YAML, which does not know every escape of JSON.
        content = flow(dict(document)).encode()
        return self._request("PATCH", self._path(ObjectKey.of(document)), query=query, content=content, kind=_APPLY)

    def mark(self, key: ObjectKey, uid: str, marks: Mapping[str, Mapping[str, str | None]], manager: str) -> Object:
        """Set annotations and labels of this very object, or take away those that are None; the others stay."""
        content = json.dumps({"metadata": {"uid": uid, **marks}}).encode()
        return self._request("PATCH", self._path(key), query={"fieldManager": manager}, content=content, kind=_MERGE)

    def delete(self, key: ObjectKey, uid: str) -> None:
        """Remove this very object, and in the background what it owns; one that is absent is no error."""
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        try:
            self._request("DELETE", self._path(key), content=json.dumps(options).encode())
        except RefusedByServerError as error:
            if error.status != _NOT_FOUND:
                raise

    def user_of(self, token: str) -> str | None:
        """The name of the user whose token it is, by a TokenReview; None if it is nobody's."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        status = self._request("POST", path, content=json.dumps(review).encode()).get("status") or {}
        return str(status["user"]["username"]) if status.get("authenticated") else None

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _path(self, key: ObjectKey) -> str:
        return f"{self._collection(key.api_version, key.kind, key.namespace)}/{key.name}"

    def _collection(self, api_version: str, kind: str, namespace: str) -> str:
        return f"{_group(api_version)}/namespaces/{namespace}/{self._plural(api_version, kind)}"

    def _plural(self, api_version: str, kind: str) -> str:
        """The kind as paths have it, from the server itself, once."""
        with self._lock:
            known = self._plurals.get((api_version, kind))
        if known is not None:
            return known
        try:
            resources = self._request("GET", _group(api_version))["resources"]
        except RefusedByServerError as error:
            if error.status == _NOT_FOUND:
                raise KindAbsentError(_NOT_FOUND, "KindAbsent", f"the cluster has no {api_version} {kind}") from error
            raise
        plurals = {each["kind"]: each["name"] for each in resources if "/" not in each["name"] and each["namespaced"]}
        if kind not in plurals:
            raise KindAbsentError(_NOT_FOUND, "KindAbsent", f"the cluster has no {api_version} {kind}")
        with self._lock:
            self._plurals |= {(api_version, each): plural for each, plural in plurals.items()}
        return str(plurals[kind])

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
        kind: str = _JSON,
    ) -> Object:
        headers = {"Accept": _JSON} | ({"Content-Type": kind} if content is not None else {})
        try:
            answer = self._http.request(method, path, params=query, content=content, headers=headers)
        except httpx2.HTTPError as error:
            raise UnreachableError(f"no answer from the API server: {_said(error)}") from error
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise _refusal(answer)
        try:
            found: Object = answer.json()
        except ValueError as error:
            raise UnreachableError(f"the API server answered {method} {path} with no JSON") from error
        return found


def _said(error: Exception) -> str:
    if isinstance(error, httpx2.LocalProtocolError):
        # The error itself quotes the header.
        return "the request cannot be sent, as with a line break in a token of the kubeconfig"
    return str(error) or type(error).__name__


def _group(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _lines(answer: httpx2.Response) -> Iterator[bytes]:
    """The lines of an answer as they come: httpx also ends them at what may stand in a JSON text, such as U+0085."""
    begun = b""
    for part in answer.iter_bytes():
        *ended, begun = (begun + part).split(b"\n")
        yield from ended


def _refusal(answer: httpx2.Response) -> RefusedByServerError:
    try:
        status = answer.json()
        reason, message = str(status.get("reason") or ""), str(status.get("message") or "")
    except (ValueError, AttributeError):
        # An API group that is absent is answered in plain text.
        reason, message = "", answer.text.strip()
        if answer.status_code == _NOT_FOUND:
            return KindAbsentError(_NOT_FOUND, "KindAbsent", f"the cluster does not serve {answer.request.url.path}")
    return RefusedByServerError(answer.status_code, reason, message or f"HTTP status {answer.status_code}")


def _expired_or_refused(status: Object) -> TemporalEndpointsError:
    message = str(status.get("message") or "")
    if status.get("code") == _GONE:
        return ExpiredError(message)
    return RefusedByServerError(int(status.get("code") or 0), str(status.get("reason") or ""), message)
