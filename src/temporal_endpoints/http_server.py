"""The HTTP server: one parser, whatever is installed beside it, and no client that is waited for without an end."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

# A request is a few kilobytes long, and never more than 4 MiB; what is answered is rarely more.
_MOST_SECONDS = 60.0
# How long requests may take that have begun when the server is told to end.
_ENDING_SECONDS = 10


class TimedProtocol(H11Protocol):
    """Ends a connection whose client does not come to the end of a request, or does not read what it was answered.

    Either would otherwise keep the connection, and all clients share a limited number of them. uvicorn itself limits
    only the time between two requests. How long an answer takes to be made is not limited.
    """

    seconds: ClassVar[float] = _MOST_SECONDS
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
        was_left_over = self._is_left_over()
        super().data_received(data)
        if was_left_over and not self._is_left_over():
            # The next request has its own time, and so has the pause before it, which uvicorn ends with the first byte.
            self._leave()
            if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
                pause = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
                self.timeout_keep_alive_task = pause
        self._watch()

    def on_response_complete(self) -> None:
        """The next request may have begun before, and this answer may wait for its reader."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Much waits to be read by the client."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Most of it was read."""
        super().resume_writing()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """No other request came; the last answer may still wait for its reader."""
        super().timeout_keep_alive_handler()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP; that is told unless an answer has begun, which uvicorn does not look at."""
        if self._can_tell():
            super().send_400_response(msg)
        self._give_up()

    def _watch(self) -> None:
        """Let the time run while the client is waited for; between two requests uvicorn's own time runs."""
        is_coming = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and self.timeout_keep_alive_task is None
        if not (is_coming or self._is_unread()):
            self._leave()
        elif self._ending is None:
            self._ending = self.loop.call_later(self.seconds, self._end)

    def _leave(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _is_left_over(self) -> bool:
        """Whether a body is coming that nobody waits for, as it was answered without it."""
        return self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete

    def _is_unread(self) -> bool:
        """Whether an answer waits for its reader; a connection that is closed stays until all is read."""
        return self.flow.write_paused or self.transport.is_closing()

    def _can_tell(self) -> bool:
        """Whether no answer has begun to what is coming; that to HEAD has no text."""
        if self.conn.our_state is h11.SEND_RESPONSE:
            return bool(self.scope["method"] != "HEAD")
        return self.conn.our_state is h11.IDLE

    def _end(self) -> None:
        self._ending = None
        if self._is_unread():
            self.transport.abort()
            return
        has_begun = self.conn.their_state is not h11.IDLE or bool(self.conn.trailing_data[0])
        if has_begun and self._can_tell():
            self._tell()
        self._give_up()

    def _give_up(self) -> None:
        """Close the connection; the application hears at once that nobody is there, so that it answers no more."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
        self._watch()

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
