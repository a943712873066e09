"""TLS before a server that has none: takes encrypted connections and passes their bytes on."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from local_cluster.certificates import Pair
from local_cluster.processes import HOST, free_port

_PIECE = 65536
_SECONDS_TO_CLOSE = 0.1


class TlsFront:
    """Listens while it is entered. With `clients`, the authority of their certificates, it demands one of each.

    `port` is a free one, unless it is to be that of a front before it. `accepted` and `refused` count the connections
    whose handshake succeeded and failed.
    """

    def __init__(self, target_port: int, server: Pair, clients: Path | None = None, port: int | None = None) -> None:
        self._target_port = target_port
        self.port = port or free_port()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(server.certificate, server.key)
        # Clients of gRPC end a connection on which nothing was agreed.
        self._tls.set_alpn_protocols(["h2"])
        if clients:
            self._tls.verify_mode = ssl.CERT_REQUIRED
            self._tls.load_verify_locations(clients)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls-front", daemon=True)
        self.accepted = self.refused = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, self.port), backlog=128)
        self._listener.setblocking(False)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._accept(), self._loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._listener.close()

    async def _close(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # What was closed gives its socket back in the loop's next rounds.
        await asyncio.sleep(_SECONDS_TO_CLOSE)

    async def _accept(self) -> None:
        async with asyncio.TaskGroup() as connections:
            while True:
                client, _ = await self._loop.sock_accept(self._listener)
                connections.create_task(self._pass_on(client))

    async def _pass_on(self, client: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client, ssl=self._tls)
        except OSError:
            self.refused += 1
            return
        self.accepted += 1
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        try:
            target_reader, target_writer = await asyncio.open_connection(HOST, self._target_port)
            try:
                await asyncio.gather(_copy(reader, target_writer), _copy(target_reader, writer), return_exceptions=True)
            finally:
                target_writer.transport.abort()
        except OSError:
            return
        finally:
            transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
