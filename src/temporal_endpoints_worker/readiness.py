"""Tells Kubernetes whether the worker is ready: by a file, and by HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from temporal_endpoints_worker.errors import SettingsError
from temporal_endpoints_worker.settings import READY_FILE, READY_PORT

PATH = "/ready"


class Readiness:
    """Answers while it is entered; not ready at first, and a file of a worker before it is removed."""

    def __init__(self, port: int | None, file: Path | None) -> None:
        self._port, self._file = port, file
        self._is_ready = False
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.unset()
        if self._port is not None:
            try:
                self._server = _server(self._port, self)
            except OSError as error:
                raise SettingsError(
                    f"{READY_PORT}: port {self._port} cannot be used: {error.strerror}. Set another one."
                ) from error
            threading.Thread(target=self._server.serve_forever, name="readiness", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unset()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    @property
    def is_ready(self) -> bool:
        """Whether the worker takes work."""
        return self._is_ready

    def set(self) -> None:
        """From now on it is ready."""
        self._is_ready = True
        if self._file:
            self._change(self._file.touch)

    def unset(self) -> None:
        """From now on it is not."""
        self._is_ready = False
        if self._file:
            self._change(partial(self._file.unlink, missing_ok=True))

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except OSError as error:
            raise SettingsError(
                f"{READY_FILE}: {self._file} cannot be written: {error.strerror}. Name a file in a folder that the "
                "worker may write to, for example of an emptyDir volume."
            ) from error


def _server(port: int, readiness: Readiness) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        """Answers one probe."""

        def do_GET(self) -> None:
            status = HTTPStatus.NOT_FOUND
            if self.path == PATH:
                status = HTTPStatus.OK if readiness.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """A probe every few seconds is no news."""

    class Server(ThreadingHTTPServer):
        """Listens on every address, of IPv6 too where there is such."""

        daemon_threads = True
        address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

        def server_bind(self) -> None:
            if self.address_family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            super().server_bind()

    return Server(("", port), Handler)
