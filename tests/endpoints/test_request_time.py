"""A request comes to its end in time, and its answer is read in time, or the connection ends; nothing is logged."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from uvicorn.server import ServerState

from temporal_endpoints.http_server import TimedProtocol, http_server

# What the requests have, and how long a test waits for what should come after that.
SECONDS, PATIENCE = 2.0, 20.0
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
NONE = POST.replace(b"POST /", b"POST /none")
CHUNKED = b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
# More than the operating system takes for a client that does not read.
LENGTH = 16 * 2**20
LEFT = Event()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[int]:
    """A server whose requests have little time; what clients do is no error of its own."""
    monkeypatch.setattr(TimedProtocol, "seconds", SECONDS)
    LEFT.clear()
    application = FastAPI()

    @application.post("/")
    async def read(request: Request) -> int:
        try:
            return len(await request.body())
        except ClientDisconnect:
            LEFT.set()
            raise

    @application.head("/read")
    async def read_too(request: Request) -> int:
        return len(await request.body())

    @application.post("/late")
    async def answer_at_the_end() -> str:
        time.sleep(SECONDS)
        return "answered"

    @application.get("/")
    def answer(pause: float = 0.0) -> str:
        time.sleep(pause)
        return "answered"

    @application.get("/long")
    def answer_at_length() -> Response:
        return Response(b"a" * LENGTH)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = http_server(application, "127.0.0.1", 0)
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


def ended(port: int, begin: bytes, more: bytes = b"") -> bytes:
    """All that comes until the connection is ended by the server, while more and more is sent to it."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as connection:
        connection.sendall(begin)
        said, until = b"", time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                part = connection.recv(2**16)
                said += part
                if not part:
                    return said
            except TimeoutError:
                with suppress(ConnectionError):
                    connection.sendall(more)
            except ConnectionError:
                return said
    pytest.fail(f"the connection did not end; it had {said!r}")


def answered(connection: socket.socket) -> bytes:
    """The answer of a request that has come to its end, or what there is instead."""
    said = b""
    while not said.endswith(b'"answered"'):
        part = connection.recv(2**16)
        if not part:
            break
        said += part
    return said


@pytest.mark.parametrize("more", [b"", b"a"], ids=["silent", "slow"])
@pytest.mark.parametrize("begin", [b"GET / HT", b"GET / HTTP/1.1\r\nA: b", POST], ids=["line", "header", "body"])
def test_request_without_an_end_is_told(port: int, begin: bytes, more: bytes) -> None:
    """Whether nothing more comes of it, or a little now and then."""
    said = ended(port, begin, more)
    assert said.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b'"the request did not come to its end within 2 seconds. Send it again."' in said


def test_connection_without_a_request_ends(port: int) -> None:
    """It is one of a limited number; nobody has asked anything."""
    assert ended(port, b"") == b""


def test_answer_without_a_text_is_none(port: int) -> None:
    """A refusal of HEAD would have a text of a length, and nothing of it."""
    assert ended(port, POST.replace(b"POST /", b"HEAD /read")) == b""


def test_application_hears_of_it(port: int) -> None:
    """As of a client that went away, so that it does not wait for the rest."""
    ended(port, POST)
    assert LEFT.wait(PATIENCE)


def test_body_that_nobody_waits_for_has_no_longer_time(port: int) -> None:
    """The answer was given before it came."""
    said = ended(port, NONE, b"a")
    assert said.startswith(b"HTTP/1.1 404 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_request_after_a_body_that_nobody_waited_for_has_its_own_time(port: int) -> None:
    """And the pause between them is no part of it."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(NONE)
        assert connection.recv(2**16).startswith(b"HTTP/1.1 404 ")
        connection.sendall(b"a" * 1000)
        time.sleep(0.7 * SECONDS)
        connection.sendall(GET[:10])
        time.sleep(0.5 * SECONDS)
        connection.sendall(GET[10:])
        assert b"HTTP/1.1 200 " in answered(connection)


@pytest.mark.parametrize("path", ["POST /none", "HEAD /read"])
def test_what_is_no_http_after_an_answer_ends_the_connection(port: int, path: str) -> None:
    """There is no second answer to tell it by."""
    assert ended(port, path.encode() + CHUNKED + b"zz\r\n").count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize("more", [b"", GET[:10], GET * 400], ids=["nothing", "half", "many"])
def test_answer_that_nobody_reads_ends_the_connection(port: int, more: bytes) -> None:
    """Whatever follows: what was not sent is dropped, so that not all of it comes."""
    request = GET.replace(b"GET /", b"GET /long")
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request + more)
        # uvicorn's own time between two requests comes first.
        time.sleep(5 + 2 * SECONDS)
        got = 0
        with suppress(ConnectionError):
            while part := connection.recv(2**20):
                got += len(part)
    assert got < LENGTH


class Unread(asyncio.Transport):
    """What is written stays, so that a connection that is closed does not end by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False
        self.aborted = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += bytes(data)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.is_closed

    def close(self) -> None:
        """Take nothing more; what is written is still there."""
        self.is_closed = True

    def abort(self) -> None:
        """End at once."""
        self.aborted.set()


def test_short_answer_that_nobody_reads_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one that is closed the rest is sent first, and uvicorn waits for that."""
    monkeypatch.setattr(TimedProtocol, "seconds", 0.01)

    async def asked() -> bytes:
        protocol = TimedProtocol(http_server(FastAPI(), "127.0.0.1", 0).config, ServerState(), {})
        transport = Unread()
        protocol.connection_made(transport)
        protocol.data_received(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await asyncio.wait_for(transport.aborted.wait(), PATIENCE)
        return transport.written

    assert asyncio.run(asked()).startswith(b"HTTP/1.1 404 ")


def test_answer_at_the_last_moment_is_one(port: int) -> None:
    """The time ends while it is made, without a look at the body."""
    said = ended(port, POST.replace(b"POST /", b"POST /late"))
    assert said.count(b"HTTP/1.1 ") == 1


def test_second_request_has_its_own_time(port: int) -> None:
    """Also one that began before the first was answered."""
    said = ended(port, GET + b"GET / HTTP/1.1\r\nA: b", b"a")
    assert [part[:4] for part in said.split(b"HTTP/1.1 ")[1:]] == [b"200 ", b"408 "]


def test_connection_may_last_longer_than_a_request(port: int) -> None:
    """Each request on it has that time."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        for _ in range(6):
            connection.sendall(GET[:10])
            time.sleep(SECONDS / 5)
            connection.sendall(GET[10:])
            assert answered(connection).startswith(b"HTTP/1.1 200 ")


def test_answer_may_take_longer(port: int) -> None:
    """The request has come to its end by then."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(f"GET /?pause={3 * SECONDS} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert answered(connection).startswith(b"HTTP/1.1 200 ")
