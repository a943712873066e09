"""One cluster for all tests of a run, each test with namespaces of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.errors import ClusterError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster; its logs are kept in build/e2e."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    try:
        with Cluster(logs=ROOT / "build" / "e2e" / worker) as started:
            yield started
    except ClusterError as error:
        pytest.exit(f"make e2e: {error}", returncode=2)


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The repository's contract and argument sets."""
    return Contract()
