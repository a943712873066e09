"""A way to a server that can be shut: its connections break, and new ones are refused until it is opened again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from local_cluster.processes import HOST, free_port

_PIECE = 65536


class Gate:
    """Open while it is entered, unless it is shut meanwhile."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self.port = free_port()
        # Held while connections are made or broken, so that none is made while all are broken.
        self._lock = threading.Lock()
        self._is_open = False
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()

    def open(self) -> None:
        """Take connections from now on."""
        with self._lock:
            listener = socket.create_server((HOST, self.port), backlog=128)
            self._is_open = True
            self._sockets.add(listener)
            self._start(self._accept, listener)

    def shut(self) -> None:
        """Break all connections, and take no more."""
        with self._lock:
            self._is_open = False
            for each in self._sockets:
                # It wakes whoever waits at the socket; closing it would not.
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        while self._threads:
            self._threads.pop().join(10)
        while self._sockets:
            self._sockets.pop().close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            target = socket.create_connection((HOST, self._target_port))
        except OSError:  # nobody is there; the next one may find somebody
            client.close()
            return
        with self._lock:
            if not self._is_open:
                client.close()
                target.close()
                return
            self._sockets |= {client, target}
            self._start(_pass_on, client, target)
            self._start(_pass_on, target, client)

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, name="gate", daemon=True)
        thread.start()
        self._threads.append(thread)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
