"""A gate passes on what comes while it is open, breaks it when it is shut, and whatever it meets it can be shut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local_cluster.gate import Gate
from local_cluster.processes import HOST, free_port


@contextmanager
def echo(port: int) -> Iterator[None]:
    """A server that sends back what it gets."""
    listener = socket.create_server((HOST, port))

    def serve() -> None:
        while True:
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(taken,), daemon=True).start()

    def answer(taken: socket.socket) -> None:
        with taken:
            while piece := taken.recv(100):
                taken.sendall(piece)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def heard(port: int) -> bytes:
    """What comes back through a port; nothing if the connection is broken."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        try:
            connection.sendall(b"hello")
            return connection.recv(100)
        except ConnectionError:
            return b""


def test_open_gate_passes_on_and_a_shut_one_refuses() -> None:
    """Open again, it is as before."""
    port = free_port()
    with echo(port), Gate(port) as gate:
        assert heard(gate.port) == b"hello"
        gate.shut()
        with pytest.raises(ConnectionRefusedError):
            heard(gate.port)
        gate.open()
        assert heard(gate.port) == b"hello"


def test_gate_waits_for_a_server_that_is_away() -> None:
    """A connection that finds nobody is broken; the next one that finds somebody is passed on."""
    port = free_port()
    with Gate(port) as gate:
        assert heard(gate.port) == b""
        with echo(port):
            assert heard(gate.port) == b"hello"


def test_gate_can_be_shut_while_connections_come() -> None:
    """None of them is left open, and nothing else is said."""
    port = free_port()
    left: list[bytes] = []

    def connect(gate: Gate) -> None:
        for _ in range(40):
            try:
                left.append(heard(gate.port))
            except ConnectionError:
                return

    with echo(port):
        for _ in range(20):
            with Gate(port) as gate:
                threads = [threading.Thread(target=connect, args=(gate,)) for _ in range(4)]
                for thread in threads:
                    thread.start()
                gate.shut()
                for thread in threads:
                    thread.join(10)
                    assert not thread.is_alive()
    assert set(left) <= {b"hello", b""}
