"""A request comes to its end in time, or its connection ends; how long an answer takes is not limited by that."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread

import pytest
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect

from temporal_endpoints.http_server import TimedProtocol, http_server

# What the requests have, and how long a test waits for what should come after that.
SECONDS, PATIENCE = 1.0, 20.0
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
LEFT = Event()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose requests have little time."""
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

    @application.get("/")
    def answer(pause: float = 0.0) -> str:
        time.sleep(pause)
        return "answered"

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = http_server(application, "127.0.0.1", 0)
        thread = Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


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
    assert b'"the request did not come to its end within 1 seconds. Send it again."' in said


def test_connection_without_a_request_ends(port: int) -> None:
    """It is one of a limited number."""
    assert ended(port, b"").startswith(b"HTTP/1.1 408 ")


def test_application_hears_of_it(port: int) -> None:
    """As of a client that went away, so that it does not wait for the rest."""
    ended(port, POST)
    assert LEFT.wait(PATIENCE)


def test_body_that_nobody_waits_for_has_no_longer_time(port: int) -> None:
    """The answer was given before it came."""
    said = ended(port, POST.replace(b"POST /", b"POST /none"), b"a")
    assert said.startswith(b"HTTP/1.1 404 ")
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
