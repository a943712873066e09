"""Requests are read by one parser, whatever is installed: what has no end is refused, and one is not taken for two."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest

from .program import KEY, SECONDS, Program
from .recorded import FLAVOR

BUNDLES = "/v2/model-bundles"
LIST = f"{BUNDLES}?model_name=worker"
# A refusal may come after what the operating system takes before anybody reads it.
MOST_SENT = 16 * 2**20
WHO = f"Host: a\r\nAuthorization: {KEY['Authorization']}\r\n".encode()
BODY = json.dumps({"name": "worker", "schema_location": "", "flavor": FLAVOR}).encode()


def connected(program: Program) -> socket.socket:
    """A connection to it."""
    return socket.create_connection(("127.0.0.1", program.port), timeout=SECONDS)


def post(path: str = BUNDLES, *headers: bytes) -> bytes:
    """The head of a request with a JSON body."""
    return f"POST {path} HTTP/1.1\r\n".encode() + WHO + b"Content-Type: application/json\r\n" + b"".join(headers)


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(part: bytes, extension: bytes = b"") -> bytes:
    """A part of a body whose length is not known at the beginning."""
    return f"{len(part):x}".encode() + extension + b"\r\n" + part + b"\r\n"


def answered(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The next answer: its status, its headers, and its body."""
    with connection.makefile("rb") as file:
        status = int(file.readline().split()[1])
        headers = {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return status, headers, file.read(int(headers["content-length"]))


def ended(connection: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    parts: list[bytes] = []
    with suppress(ConnectionError):
        while part := connection.recv(2**16):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET /", b"a" * 1000),
        (b"GET / HTTP/1.1\r\nA: ", b"a" * 1000),
        (b"GET / HTTP/1.1\r\n", b"a" * 1000),
        (b"GET / HTTP/1.1\r\n", b"A: b\r\n" * 100),
        (b"", b"\r\n" * 500),
        (post() + CHUNKED + chunk(b"{") + b"0\r\n", b"A: b\r\n" * 100),
        (post() + CHUNKED + b"1;", b"a" * 1000),
        (post() + CHUNKED, b"0" * 1000),
    ],
    ids=["address", "value", "name", "headers", "empty-lines", "trailers", "chunk-extension", "chunk-length"],
)
def test_what_has_no_end_is_refused(served: Program, begin: bytes, more: bytes) -> None:
    """It would be kept in memory as long as it comes, and nobody has been asked who sends it."""
    with connected(served) as connection:
        sent = 0
        with suppress(ConnectionError):
            connection.sendall(begin)
            while sent < MOST_SENT:
                connection.sendall(more)
                sent += len(more)
        assert sent < MOST_SENT
    assert served.is_ready()


def test_long_header_is_taken(served: Program) -> None:
    """Such as many cookies."""
    with connected(served) as connection:
        connection.sendall(f"GET {LIST} HTTP/1.1\r\n".encode() + WHO + b"A: " + b"a" * 50 * 2**10 + b"\r\n\r\n")
        assert answered(connection)[0] == 200


@pytest.mark.parametrize("part", [7, 100, len(BODY)])
def test_body_in_parts_is_taken_as_a_whole(served: Program, part: int) -> None:
    """However much there is beside them in all."""
    body = BODY + b" " * 2**19
    parts = [body[start : start + part] for start in range(0, len(body), part)]
    with connected(served) as connection:
        connection.sendall(post() + CHUNKED + b"".join(map(chunk, parts)) + chunk(b""))
        status, _, said = answered(connection)
        assert (status, "model_bundle_id" in json.loads(said)) == (200, True)


@pytest.mark.parametrize("is_in_one", [True, False])
def test_what_follows_a_body_is_no_header(served: Program, is_in_one: bool) -> None:
    """A key there would be believed or not, as the parts of the request happen to come."""
    head = f"POST {BUNDLES} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode() + CHUNKED
    late = b"0\r\nAuthorization: " + KEY["Authorization"].encode() + b"\r\n\r\n"
    with connected(served) as connection:
        if is_in_one:
            connection.sendall(head + chunk(BODY) + late)
        else:
            connection.sendall(head)
            assert served.is_ready()
            connection.sendall(chunk(BODY) + late)
        assert answered(connection)[0] == 401


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_another_protocol_that_is_offered_is_not_taken(served: Program, protocol: bytes) -> None:
    """The request is answered as any other, and so is the next one of the connection."""
    offer = b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n"
    length = f"Content-Length: {len(BODY)}\r\n\r\n".encode()
    with connected(served) as connection:
        for request in (post(BUNDLES, offer, length) + BODY, f"GET {LIST} HTTP/1.1\r\n".encode() + WHO + b"\r\n"):
            connection.sendall(request)
            assert answered(connection)[0] == 200


def test_requests_that_do_not_wait_are_answered_in_their_order(served: Program) -> None:
    """Each with its own answer."""
    paths = [LIST, "/v2/model-bundles/none", "/readyz", LIST]
    with connected(served) as connection:
        connection.sendall(b"".join(f"GET {path} HTTP/1.1\r\n".encode() + WHO + b"\r\n" for path in paths))
        file = connection.makefile("rb")
        statuses = []
        for _ in paths:
            statuses.append(int(file.readline().split()[1]))
            length = 0
            while (line := file.readline().strip().lower()) != b"":
                length = int(line.split()[1]) if line.startswith(b"content-length") else length
            file.read(length)
        file.close()
    assert statuses == [200, 404, 200, 200]


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/3.7\r\n\r\n",
        b"GET / HTTP/1.1\r\nA b: c\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: \0\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT a:1 HTTP/1.1\r\n\r\n",
        post() + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        post() + b"Content-Length: -1\r\n\r\n",
        post() + CHUNKED + b"x\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(served: Program, head: bytes) -> None:
    """In particular one that says twice how long it is."""
    with connected(served) as connection:
        connection.sendall(head)
        assert ended(connection).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
    assert served.is_ready()


def test_body_with_two_ends_is_refused(served: Program) -> None:
    """A proxy may have taken what comes after the one end for the body, and we would take it for the next request."""
    request = post() + b"Content-Length: 4\r\n" + CHUNKED + b"0\r\n\r\n"
    with connected(served) as connection:
        connection.sendall(request + b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        said = ended(connection)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Length and Transfer-Encoding exclude each other. Send one of them." in said
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("other", [KEY["Authorization"], "Basic bm9ib2R5Og==", ""])
def test_two_keys_are_refused(served: Program, other: str) -> None:
    """What stands before this process may have asked about the one, and we would believe the other."""
    with connected(served) as connection:
        head = f"GET {LIST} HTTP/1.1\r\n".encode() + WHO + f"authorization: {other}\r\n\r\n".encode()
        connection.sendall(head)
        status, _, said = answered(connection)
        assert (status, json.loads(said)["detail"]) == (401, "The header Authorization stands twice. Send it once.")


@pytest.mark.parametrize("method", ["PATCH", "PROPFIND", "TRACE"])
def test_method_that_no_route_has_is_told(served: Program, method: str) -> None:
    """As before."""
    with connected(served) as connection:
        connection.sendall(f"{method} {BUNDLES} HTTP/1.1\r\n".encode() + WHO + b"\r\n")
        status, headers, _ = answered(connection)
        assert (status, headers["content-type"]) == (405, "application/json")


def test_what_is_installed_beside_it_changes_nothing(program: Program) -> None:
    """Uvicorn prefers other libraries where they are there; these would end it."""
    program.beside = program.folder / "beside"
    for name in ("httptools", "uvloop", "websockets", "wsproto"):
        (program.beside / name).mkdir(parents=True)
        (program.beside / name / "__init__.py").write_text("raise SystemExit('it is not asked for')\n")
    with program.running():
        assert program.ask("GET", LIST) == {"model_bundles": []}
