"""The client of a cluster's API server waits as long as each request says, whatever the one before it said."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from local_cluster.api import Api

SLOW = 0.6
SHORT = 0.2


class Handler(BaseHTTPRequestHandler):
    """Keeps its connections, and takes its time where it is asked to."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer in text."""
        if self.path == "/slow":
            time.sleep(SLOW)
        # Who lost patience has gone.
        with suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class PlainApi(Api):
    """The same without TLS."""

    def _connection(self, seconds: float) -> http.client.HTTPConnection:  # type: ignore[override]
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)


@pytest.fixture
def api() -> Iterator[Api]:
    """A client of such a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        made = PlainApi("127.0.0.1", server.server_address[1], ssl.create_default_context())
        yield made
        made.close()
        server.shutdown()
        thread.join()


def test_a_kept_connection_has_the_patience_of_each_request(api: Api) -> None:
    """After a short question on the same connection a slow answer is waited for; and the other way round it is not."""
    assert api.request("GET", "/readyz", seconds=SHORT).body == "ok"
    assert api.request("GET", "/slow", seconds=30).body == "ok"
    with pytest.raises(TimeoutError):
        api.request("GET", "/slow", seconds=SHORT)
