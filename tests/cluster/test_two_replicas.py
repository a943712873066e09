"""Two replicas over one PostgreSQL: one acts, the other takes over when it cannot, and they never act at once."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from local_cluster import postgresql
from local_cluster.processes import wait_until

from .api_server_proxy import Proxy
from .conftest import ROOT, WORKER
from .control_plane_process import ENDPOINTS, SECONDS, ControlPlaneProcess, bundle, wish
from .kubernetes_alone import KubernetesAlone, Place

NAMESPACE = "replicas"
# A request may take 10 seconds, and the lead has to be longer.
LEASE = ("--lease", "11")


def command(folder: Path, text: str) -> None:
    """Tell the database's server something, as its administrator."""
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(text.encode())


@dataclass
class Replica:
    """One replica, its own way to the API server, and its own user of the database."""

    process: ControlPlaneProcess
    proxy: Proxy
    user: str
    folder: Path

    def cut(self) -> None:
        """Break its connections to the database, and let it make no other."""
        command(self.folder, f"ALTER ROLE {self.user} NOLOGIN")
        command(self.folder, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{self.user}'")  # noqa: S608 - a name of our own

    def mend(self) -> None:
        """Let it connect again."""
        command(self.folder, f"ALTER ROLE {self.user} LOGIN")

    def pause(self) -> None:
        """Give it no time."""
        os.kill(self.process.number, signal.SIGSTOP)

    def go_on(self) -> None:
        """Give it time again."""
        os.kill(self.process.number, signal.SIGCONT)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A namespace with the chart's objects."""
    with KubernetesAlone(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "replicas") as cluster:
        made = Place(cluster, NAMESPACE)
        made.prepare(scaling="fixed")
        yield made


@pytest.fixture
def replicas(place: Place, postgresql_folder: Path, tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Two of them; the first one leads."""
    url = postgresql.new_database(postgresql_folder)
    made: list[Replica] = []
    with Proxy(place.cluster.plane.api) as one, Proxy(place.cluster.plane.api) as two:
        for number, proxy in enumerate((one, two)):
            user = f"replica_{uuid.uuid4().hex[:8]}"
            with psycopg.connect(
                host=str(postgresql_folder), user="postgres", dbname="postgres", autocommit=True
            ) as it:
                it.execute(f"CREATE ROLE {user} SUPERUSER LOGIN".encode())
            kubeconfig = proxy.kubeconfig(tmp_path / f"kubeconfig-{number}", NAMESPACE)
            own = url.replace("postgres@", f"{user}@")
            process = ControlPlaneProcess(tmp_path / str(number), kubeconfig, NAMESPACE, own, LEASE)
            process.start()
            made.append(Replica(process, proxy, user, postgresql_folder))
            wait_until("the first one leads", lambda: made[0].process.leads, seconds=SECONDS)
        try:
            yield made[0], made[1]
        finally:
            for replica in made:
                replica.go_on()
                replica.process.stop()
            for key in place.objects():
                place.remove(key)


FAULTS: dict[str, tuple[Callable[[Replica], None], Callable[[Replica], None]]] = {
    "database-cut": (Replica.cut, Replica.mend),
    "paused": (Replica.pause, Replica.go_on),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_that_may_have_lost_the_lead_acts_no_more(replicas: tuple[Replica, Replica], fault: str) -> None:
    """The other one takes over, and whatever is asked of either is done by the one that leads."""
    one, two = replicas
    begin, end = FAULTS[fault]
    bundle_id = two.process.ask("POST", "/v2/model-bundles", bundle())["model_bundle_id"]
    path = f"{ENDPOINTS}/{two.process.ask('POST', ENDPOINTS, wish(bundle_id))['endpoint_id']}"

    def is_ready() -> bool:
        answer = two.process.ask("GET", path)
        return bool(answer["status"] == "READY" and answer["observed_generation"] == answer["generation"])

    wait_until("it is ready", is_ready, seconds=SECONDS)
    assert two.proxy.effects == [], "the second one acted beside the first"
    begin(one)
    two.process.ask("PUT", path, {"max_workers": 2})
    wait_until("the other one leads", lambda: two.process.leads, seconds=SECONDS)
    one.proxy.forget_effects()
    wait_until("it is ready", is_ready, seconds=SECONDS)
    assert two.proxy.effects, "nobody acted"
    end(one)
    wait_until("the first one answers again", lambda: one.process.ask("GET", path), seconds=SECONDS)
    one.process.ask("PUT", path, {"max_workers": 3})
    wait_until("it is ready", is_ready, seconds=SECONDS)
    assert not one.process.leads
    assert one.proxy.effects == [], "the first one acted without the lead"
