"""The Kubernetes API server that a kubeconfig leads to, asked through `kubectl proxy`.

kubectl knows every way to log in (plugins, contexts, proxies), and whoever runs a cluster has it. What is asked is
written here: `kubectl apply --server-side` would first hand all fields that `kubectl apply` once wrote to the new field
manager, and then remove those that it does not bring
(https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go).
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from helm_nested.errors import ClusterError
from helm_nested.temporary_folder import temporary_folder
from nested_templates.yaml_documents import Document

_APPLY_PATCH = "application/apply-patch+yaml"
_SECONDS_TO_START = 30.0
_SECONDS_TO_ANSWER = 60.0
_LOOK_SECONDS = 0.02
# What may be asked through the proxy; its socket can be reached by its owner alone.
_PATHS = "^/version$,^/api/v1/namespaces/[^/]+/configmaps/[^/]+$"
# Becomes the program, which is ended when this process is, however it ends.
_ENDED_WITH_US = """
import os, sys
from helm_nested.watchdog import end_with
end_with(int(sys.argv[1]))
os.execv(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def api_server(kubectl: str, options: Sequence[str] = ()) -> Iterator[ApiServer]:
    """The server that `kubectl` talks to with these options; its proxy ends in the end.

    Raises:
        ClusterError: there is no such program, or it does not start.
    """
    program = shutil.which(kubectl)
    if program is None:
        raise ClusterError(
            f"there is no {kubectl!r} on PATH, nor an executable file of that name. Install kubectl, or name it: "
            "--kubectl /path/to/kubectl"
        )
    with temporary_folder() as folder:
        socket_path, errors = folder / "socket", folder / "errors"
        with errors.open("wb") as file:
            command = [program, *options, "proxy", f"--unix-socket={socket_path}", f"--accept-paths={_PATHS}"]
            proxy = subprocess.Popen(
                [sys.executable, "-c", _ENDED_WITH_US, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
            )
        try:
            _wait_for(socket_path, proxy, errors, program)
            yield ApiServer(socket_path)
        finally:
            proxy.kill()
            proxy.wait()


class ApiServer:
    """Objects in, objects out."""

    def __init__(self, socket_path: Path) -> None:
        self._socket = socket_path

    def get(self, path: str) -> Document:
        """The object at a path of the API.

        Raises:
            ClusterError: the server could not be asked, or says no.
        """
        return self._request("GET", path)

    def apply(self, path: str, document: Document, manager: str, *, dry_run: bool) -> Document:
        """The object as it is after a server-side apply without force.

        Raises:
            ClusterError: as above; fields of other managers are its `conflicts`.
        """
        query = {"fieldManager": manager, "force": "false", "fieldValidation": "Strict"}
        query |= {"dryRun": "All"} if dry_run else {}
        return self._request("PATCH", f"{path}?{urlencode(query)}", document)

    def _request(self, method: str, target: str, document: Document | None = None) -> Document:
        body = None if document is None else _as_yaml(document).encode()
        headers = {"Accept": "application/json"} | ({} if body is None else {"Content-Type": _APPLY_PATCH})
        connection = _Connection(self._socket)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise ClusterError(f"the API server gave no answer: {error}. Try: kubectl version") from error
        finally:
            connection.close()
        try:
            said = json.loads(content)
        except ValueError:
            said = None
        if answer.status >= http.client.BAD_REQUEST:
            raise _refusal(answer.status, said, content)
        if not isinstance(said, dict):
            raise ClusterError("what answers is no API server: it sent no JSON object. Try: kubectl version")
        return said


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS_TO_ANSWER)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _wait_for(socket_path: Path, proxy: subprocess.Popen[bytes], errors: Path, program: str) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            trial.connect(str(socket_path))
            return
        if proxy.poll() is not None:
            break
        time.sleep(_LOOK_SECONDS)
    said = errors.read_text(errors="replace").strip().removeprefix("error: ") or "nothing"
    raise ClusterError(f"{program} proxy does not start; it says: {said}. Try: {program} version")


def _as_yaml(document: Document) -> str:
    """JSON that is YAML too: characters beyond the first plane stay as they are, since YAML knows no surrogates."""
    text = json.dumps(document, ensure_ascii=False)
    return "".join(each if each.isprintable() or ord(each) > 0xFFFF else f"\\u{ord(each):04x}" for each in text)


def _refusal(status: int, said: object, content: bytes) -> ClusterError:
    if not isinstance(said, Mapping) or said.get("kind") != "Status":
        # kubectl's proxy answers in plain text if it does not reach the server.
        words = content.decode(errors="replace").strip()[:500] or "nothing"
        return ClusterError(f"the API server cannot be asked: {words} (status {status}). Try: kubectl version", status)
    message = str(said.get("message") or said.get("reason") or "nothing").rstrip(".")
    return ClusterError(f"the API server says: {message}.", status, list(_conflicts(said.get("details"))))


def _conflicts(details: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON of a server
    for cause in (details or {}).get("causes") or ():
        if cause.get("reason") == "FieldManagerConflict":
            yield str(cause.get("field")), str(cause.get("message")).removeprefix("conflict with ")
