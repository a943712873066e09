"""A proxy in front of the API server: it can refuse a request, lose it, lose its answer, and hold or break a watch.

It speaks HTTP without TLS to who asks, and shows the administrator's certificate to the server.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

import yaml

from local_cluster.api import Api
from local_cluster.processes import HOST, free_port

Result = TypeVar("Result")
_PIECE = 65536
_READ_ONLY = ("GET", "HEAD")
# What the server is asked and nothing is changed by: who somebody is.
_HARMLESS = ("tokenreviews", "subjectaccessreviews")


class Connection(Enum):
    """What can happen instead of an answer."""

    BREAKS = "breaks"


# An HTTP status that is answered instead, or a connection that breaks.
Fault = int | Connection | None


@dataclass(frozen=True)
class Request:
    """One request; `effect` is its number among those that may change something, and 0 for all others."""

    method: str
    path: str
    is_watch: bool
    effect: int


@dataclass
class Proxy:
    """Listens while it is entered.

    Attributes:
        before: decides about a request before it is passed on.
        after: decides when the server has answered, before the answer is passed on.
        effects: the requests that the server has answered and that may have changed something.
    """

    api: Api
    before: Callable[[Request], Fault] = lambda _request: None
    after: Callable[[Request], Fault] = lambda _request: None
    effects: list[str] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._watches: set[asyncio.StreamWriter] = set()
        self._count = 0
        self._server = self._run(asyncio.start_server(self._serve, HOST, self.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(asyncio.CancelledError):
            self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def kubeconfig(self, file: Path, namespace: str) -> Path:
        """Write the configuration of a client that goes through here."""
        content = {
            "current-context": "proxy",
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "me", "namespace": namespace}}],
            "clusters": [{"name": "proxy", "cluster": {"server": f"http://{HOST}:{self.port}"}}],
            "users": [{"name": "me", "user": {}}],
        }
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return file

    def let_all_pass(self) -> None:
        """Nothing is disturbed from now on."""
        self.before = self.after = lambda _request: None
        self.release_watches()

    def forget_effects(self) -> None:
        """Count from one again."""
        self.effects.clear()
        self._count = 0

    def hold_watches(self) -> None:
        """Let no watch tell anything from now on."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def release_watches(self) -> None:
        """Let watches tell what they have held back."""
        self._loop.call_soon_threadsafe(self._flowing.set)

    def drop_watches(self) -> None:
        """Break every watch."""
        self._run(self._end_watches(b""))

    def expire_watches(self) -> None:
        """Let every watch tell that it has lost track, as the server does when it does not remember what came since."""
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
        line = json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
        self._run(self._end_watches(b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line)))

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end_watches(self, last: bytes) -> None:
        for writer in list(self._watches):
            with suppress(OSError):
                writer.write(last)
                await writer.drain()
            writer.close()

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # What was closed gives its socket back in the loop's next rounds.
        await asyncio.sleep(0.1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(_header(head, b"content-length") or 0))
                request = self._request(head)
                fault = self.before(request)
                if isinstance(fault, Connection):
                    return
                if fault is None:
                    server = server or await asyncio.open_connection(self.api.host, self.api.port, ssl=self.api.tls)
                    server[1].write(head + body)
                    if request.is_watch:
                        await self._watch(server[0], writer)
                        return
                    answer = await _answer(server[0])
                    if request.effect:
                        self.effects.append(f"{request.method} {request.path}")
                    fault = self.after(request)
                    if isinstance(fault, Connection):
                        return
                writer.write(answer if fault is None else _status(fault))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # one side has ended it, or the proxy
        finally:
            writer.close()
            if server is not None:
                server[1].close()

    def _request(self, head: bytes) -> Request:
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        effect = 0
        if method not in _READ_ONLY and "dryRun" not in query and not address.path.endswith(_HARMLESS):
            self._count += 1
            effect = self._count
        return Request(method, address.path, "watch" in query, effect)

    async def _watch(self, server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what the server tells as long as nobody holds it back."""
        self._watches.add(writer)
        try:
            while piece := await server.read(_PIECE):
                await self._flowing.wait()
                writer.write(piece)
                await writer.drain()
        finally:
            self._watches.discard(writer)


def _header(head: bytes, name: bytes) -> str | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().decode()
    return None


async def _answer(server: asyncio.StreamReader) -> bytes:
    """The whole answer, as the server has sent it."""
    head = await server.readuntil(b"\r\n\r\n")
    if _header(head, b"transfer-encoding") != "chunked":
        return head + await server.readexactly(int(_header(head, b"content-length") or 0))
    parts = [head]
    while True:
        size = await server.readuntil(b"\r\n")
        parts += [size, await server.readexactly(int(size, 16) + 2)]
        if int(size, 16) == 0:
            return b"".join(parts)


def _status(code: int) -> bytes:
    """The server's refusal with this status, as it would write it."""
    reason = HTTPStatus(code).phrase.replace(" ", "")
    body = json.dumps({"kind": "Status", "code": code, "reason": reason, "message": f"{code} of a test"}).encode()
    head = f"HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
