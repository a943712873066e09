"""Many endpoints need little memory, and once they are there nothing is written; how fast they come is noted.

Their rate is a part of the API server's own for as many objects like them, measured in the same run by turns, since a
machine may have other work now and then: build/e2e/thousand.txt. Processor time says more where there is such work.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import func, select

from local_cluster.api import Object
from local_cluster.processes import wait_until
from temporal_endpoints.kubernetes.configuration import configured
from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.tables import ENDPOINTS as ENDPOINT_ROWS

from .api_server_proxy import Proxy
from .conftest import ROOT, WORKER
from .control_plane_process import ENDPOINTS, ControlPlaneProcess, bundle, wish, with_key
from .kubernetes_alone import KubernetesAlone, Place

NAMESPACE, BESIDE = "thousand", "beside"
KEDA = {"scaling": "keda"}
THREADS = 4
# By turns, as the speed of a machine changes: over several of them it is the same for the one as for the other. Their
# number is small because at the end of each one there are fewer endpoints left than threads.
ROUNDS = 10
MOST_MEGABYTES = 300
OURS = "temporal-endpoints"
SECONDS_AFTERWARDS = 10
LONG = 1800.0
UNOBSERVED = select(func.count()).where(ENDPOINT_ROWS.c.observed_generation < ENDPOINT_ROWS.c.generation)


@dataclass
class Figures:
    """What was measured in one run, noted in build/e2e/thousand.txt."""

    count: int
    objects: int
    rate: float
    rate_of_the_server: float
    milliseconds: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """How fast the control plane is, as a part of the server's own rate."""
        return self.rate / self.rate_of_the_server

    def note(self) -> None:
        """Add a line."""
        folder = ROOT / "build" / "e2e"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "thousand.txt").open("a") as file:
            file.write(
                f"{self.count} endpoints, {self.objects} objects: {self.rate:.1f} objects/s, the server itself "
                f"{self.rate_of_the_server:.1f}, ratio {self.ratio:.2f}, {self.milliseconds:.1f} ms of a processor "
                f"for each endpoint, {self.megabytes:.0f} MB\n"
            )


@pytest.fixture
def place() -> Iterator[Place]:
    """A cluster for this alone."""
    with KubernetesAlone(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "thousand") as cluster:
        made = Place(cluster, NAMESPACE)
        made.prepare(**KEDA)
        cluster.plane.namespace(BESIDE)
        yield made


def seconds_of(documents: Sequence[Object], kubeconfig: Path) -> float:
    """How long the server needs for these, from as many threads as the control plane has."""
    kubernetes = configured(kubeconfig)
    begin = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(lambda document: kubernetes.apply(document, "beside"), documents):
            pass
    taken = time.monotonic() - begin
    kubernetes.close()
    return taken


def processor_seconds_of(number: int) -> float:
    """How long a processor has worked for the process."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes_of(number: int) -> float:
    """The most memory that the process has had."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    (most,) = (line for line in lines if line.startswith("VmHWM"))
    return int(most.split()[1]) / 1024


def count_of_unobserved(database: Database) -> int:
    """How many endpoints are not there yet; counted by the database, as this is asked often while it is measured."""
    with database.look() as connection:
        return connection.execute(UNOBSERVED).scalar_one()


def moved(document: Object) -> Object:
    """The same object in the namespace beside."""
    return {**document, "metadata": {**document["metadata"], "namespace": BESIDE}}


def written_by(manager: str, place: Place) -> dict[str, list[str]]:
    """When a manager's fields of each object were last written: a write that changes nothing leaves that as it is.

    Kubernetes' own controllers write some 20 times a second, so they need minutes for a thousand Deployments.
    """
    return {
        key: [each["time"] for each in live["metadata"]["managedFields"] if each["manager"].startswith(manager)]
        for key, live in place.objects().items()
    }


def test_many_endpoints_need_little_memory_and_then_nothing_is_written(
    place: Place, tmp_path: Path, extent: Callable[[int, int], int]
) -> None:
    """Neither afterwards nor after a restart, when each of them is looked at."""
    count = extent(40, 1000)
    kubeconfig = place.cluster.plane.kubeconfig
    process = ControlPlaneProcess(tmp_path / "own", kubeconfig, NAMESPACE)
    process.start()
    bundle_id = process.ask("POST", "/v2/model-bundles", bundle())["model_bundle_id"]
    wait_until("it leads", lambda: process.leads)

    def create(numbers: Sequence[int]) -> None:
        """By one connection, as `apply` does."""
        headers = {"Content-Type": "application/json", **with_key("speech")}
        with closing(HTTPConnection("127.0.0.1", process.port, timeout=30)) as connection:
            for number in numbers:
                body = json.dumps(wish(bundle_id, name=f"number-{number}", min_workers=0))
                connection.request("POST", ENDPOINTS, body, headers)
                answer = connection.getresponse()
                said = answer.read()
                assert answer.status == 200, said

    def drafts(number: int) -> list[Object]:
        draft = wish(bundle_id, name=f"draft-{number}", min_workers=0)
        found: list[Object] = process.ask("POST", f"{ENDPOINTS}?dry_run=true", draft)["documents"]
        return found

    database = Database(process.database)
    progress = Progress(database)

    def brought_up(numbers: Sequence[int]) -> float:
        begin = time.monotonic()
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(create, (numbers[first::THREADS] for first in range(THREADS))))
        wait_until("all are there", lambda: not count_of_unobserved(database), seconds=LONG, every=0.02)
        return time.monotonic() - begin

    own, beside, worked = 0.0, 0.0, 0.0
    for start in range(ROUNDS):
        numbers = range(start, count, ROUNDS)
        like_them = [moved(document) for number in numbers for document in drafts(number)]
        beside += seconds_of(like_them, kubeconfig)
        worked -= processor_seconds_of(process.number)
        own += brought_up(numbers)
        worked += processor_seconds_of(process.number)
    snapshots = [progress.snapshot(endpoint_id) for endpoint_id in progress.endpoint_ids()]
    database.close()
    objects = sum(len(documents_of(each.endpoint, each.texts)) for each in snapshots if each)
    assert objects == len(place.objects())
    figures = Figures(
        count, objects, objects / own, objects / beside, 1000 * worked / count, megabytes_of(process.number)
    )
    figures.note()
    # Times are in whole seconds.
    time.sleep(1.5)
    before = written_by(OURS, place)
    assert all(before.values())
    time.sleep(SECONDS_AFTERWARDS)
    process.stop()
    with Proxy(place.cluster.plane.api) as proxy:
        process.kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig", NAMESPACE)
        process.start()
        wait_until("it has looked at all", lambda: process.passes() >= count, seconds=LONG)
        assert proxy.effects == []
        process.stop()
    assert written_by(OURS, place) == before
    assert figures.megabytes < MOST_MEGABYTES
