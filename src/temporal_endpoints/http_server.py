"""The HTTP server: one parser, whatever is installed beside it, and a time in which requests come to their end."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

# A request is a few kilobytes long, and never more than 4 MiB.
_REQUEST_SECONDS = 60.0
# How long requests may take that have begun when the server is told to end.
_ENDING_SECONDS = 10


class TimedProtocol(H11Protocol):
    """Ends a connection whose request does not come to its end in time, counted from its first byte.

    Whoever sends nothing more would otherwise keep the connection, and all clients share a limited number of them.
    uvicorn itself limits only the time between two requests.
    """

    seconds: ClassVar[float] = _REQUEST_SECONDS
    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """The time begins before the first byte."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nothing to end any more."""
        super().connection_lost(exc)
        self._leave()

    def data_received(self, data: bytes) -> None:
        """A request may have begun by this, or have come to its end."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next request may have begun before."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Let the time run while a request is coming; between two requests uvicorn's own time runs."""
        is_coming = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and self.timeout_keep_alive_task is None
        if not is_coming:
            self._leave()
        elif self._ending is None:
            self._ending = self.loop.call_later(self.seconds, self._end)

    def _leave(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._tell()
        self.transport.close()

    def _tell(self) -> None:
        told = f"the request did not come to its end within {self.seconds:g} seconds. Send it again."
        content = json.dumps({"detail": told}).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), "Connection": "close"}
        head = h11.Response(status_code=408, headers=list(headers.items()), reason=b"Request Timeout")
        for event in (head, h11.Data(data=content), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


def http_server(application: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server of this application, which is to listen where it is told when it runs."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            host=host,
            port=port,
            # What uvicorn chooses depends on what is installed beside it. The other parser takes headers without
            # an end, takes those that follow a body for the request's, and a body for the next request where
            # another protocol is offered.
            http=TimedProtocol,
            ws="none",
            loop="asyncio",
            proxy_headers=False,
            log_config=None,
            # What clients do wrong is told to them, and it would name libraries to install.
            log_level="error",
            access_log=False,
            # The application has none, and a second Ctrl-C would show its end as a traceback.
            lifespan="off",
            timeout_graceful_shutdown=_ENDING_SECONDS,
        )
    )
