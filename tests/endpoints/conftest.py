"""What the tests of the control plane share: a database of each kind, and the program over a server's stand-in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
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
    made = ApiServer()
    metadata = {"name": "temporal-endpoints-service-template-config", "namespace": NAMESPACE}
    made.cluster.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(FIXED)}, "helm")
    with serving(made) as address:
        yield made, address


@pytest.fixture
def program(api: tuple[ApiServer, str], tmp_path: Path) -> Program:
    """The program with a kubeconfig of that server."""
    kubeconfig = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": NAMESPACE}}],
        "clusters": [{"name": "here", "cluster": {"server": api[1]}}],
        "users": [{"name": "me", "user": {}}],
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Program(tmp_path, free.getsockname()[1])
