"""One cluster for all tests of a process, each test with namespaces of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cluster.api import Reference
from local_cluster.cluster import Cluster
from local_cluster.endpoint import Contract
from local_cluster.errors import ClusterError
from local_cluster.load import Load
from local_cluster.tools import Tools

from .releases import snapshot

ROOT = Path(__file__).parents[2]
# They take minutes, so they begin first: begun last, one of them would keep everybody waiting. The first three need no
# cluster, and take some half an hour each where `make e2e-all` runs them as a whole.
LONG = (
    "test_requests_and_faults_in_any_order",
    "test_openapi_document",
    "test_hostile_texts",
    "test_wrong_templates",
    "test_server_dry_runs",
    "test_scaling",
    "test_installation",
    "test_scale_in",
    "test_killed_control_plane",
    "test_versions",
    "test_faults",
    "test_busy_workers",
    "test_whole_life",
    "test_worker",
    "test_ramp",
)
# pytest-xdist names its processes in it; the one that gives them their tests has none.
WORKER = "PYTEST_XDIST_WORKER"


def pytest_sessionstart() -> None:
    """Refuse to begin without the tools, by one message and not one a test."""
    if WORKER not in os.environ:
        try:
            Tools().require()
        except ClusterError as error:
            pytest.exit(f"make e2e: {error}", returncode=2)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long modules first, in this order."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


@pytest.fixture(scope="session")
def shared() -> list[tuple[Cluster, set[Reference]]]:
    """The cluster that several modules use, once it was started, and what was in no namespace of it then."""
    return []


@pytest.fixture(scope="module", autouse=True)
def nothing_in_no_namespace_is_left(shared: list[tuple[Cluster, set[Reference]]]) -> Iterator[None]:
    """Remove what a module made for the whole cluster: Helm refuses what belongs to no release, or to another one."""
    yield
    for started, before in shared:
        for reference in in_no_namespace(started) - before:
            started.plane.api.delete(reference)


def in_no_namespace(started: Cluster) -> set[Reference]:
    """What a chart can install for the whole cluster."""
    return {where for where in snapshot(started) if where.namespace is None}


@pytest.fixture(scope="session")
def cluster(shared: list[tuple[Cluster, set[Reference]]]) -> Iterator[Cluster]:
    """A running cluster; its logs are kept in build/e2e."""
    started = Cluster(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, ""))
    try:
        started.__enter__()
    except (ClusterError, OSError) as error:
        pytest.fail(f"no cluster could be started: {error}", pytrace=False)
    shared.append((started, in_no_namespace(started)))
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The repository's contract and argument sets."""
    return Contract()


@pytest.fixture(scope="module")
def load(cluster: Cluster) -> Iterator[Load]:
    """The user's side, with a worker for workflows alone; the module's own cluster is its own, if it has one."""
    with Load(cluster.temporal.address) as started:
        yield started
