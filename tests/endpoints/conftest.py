"""What the tests of the control plane share: a database of each kind, and the program over a server's stand-in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from temporal_endpoints.records.database import Database

from .api_server import ApiServer, serving
from .program import Program
from .recorded import NAMESPACE
from .snapshots import FIXED


@pytest.fixture
def database(new_url: Callable[[], str]) -> Iterator[Database]:
    """A database with this version's tables."""
    opened = Database(new_url())
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def api() -> Iterator[tuple[ApiServer, str]]:
    """A server with the chart's ConfigMap."""
    with _api() as served:
        yield served


@contextmanager
def _api() -> Iterator[tuple[ApiServer, str]]:
    made = ApiServer()
    metadata = {"name": "temporal-endpoints-service-template-config", "namespace": NAMESPACE}
    made.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(FIXED)}, "helm")
    with serving(made) as address:
        yield made, address


@pytest.fixture
def program(api: tuple[ApiServer, str], tmp_path: Path) -> Program:
    """The program with a kubeconfig of that server."""
    return _program(api[1], tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program while it serves, for the tests of a module; afterwards it has logged no fault of its own."""
    with _api() as (_, address):
        program = _program(address, tmp_path_factory.mktemp("served"))
        with program.running():
            yield program
    assert "Traceback" not in (program.folder / "log").read_text(encoding="utf-8")


def _program(address: str, folder: Path) -> Program:
    kubeconfig = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": NAMESPACE}}],
        "clusters": [{"name": "here", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Program(folder, free.getsockname()[1])
