"""A process that dies before or after any of its steps loses nothing: the next one goes on from the records."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from temporal_endpoints.kubernetes.client import Kubernetes
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.planning.ownership import Managers, uid_of
from temporal_endpoints.reconciling.endpoint_pass import EndpointPass
from temporal_endpoints.reconciling.executor import Executor
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.bundles import TemplateSets
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.model import Endpoint, ObjectKey
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.tables import LeaderRow

from .api_server import ApiServer, client, serving
from .recorded import ADA, NAMESPACE, create_endpoint
from .snapshots import FIXED, KEDA

EFFECTS = {"apply", "delete", "record", "forget", "finish"}
MOST_PASSES = 12
MOST_STEPS = 60


class Died(BaseException):
    """The process is gone."""


@dataclass
class Steps:
    """Counts before and after each effect, and dies at one of them."""

    deadly: int
    taken: int = 0

    def take(self) -> None:
        """One more."""
        self.taken += 1
        if self.taken == self.deadly:
            raise Died


class Mortal:
    """The same object, each of whose effects is a step before and after."""

    def __init__(self, inner: object, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in EFFECTS:
            return found

        def mortal(*arguments: Any, **named: Any) -> Any:
            self._steps.take()
            done = found(*arguments, **named)
            self._steps.take()
            return done

        return mortal


@dataclass
class World:
    """One database and one server that outlive the processes."""

    database: Database
    api: ApiServer
    kubernetes: Kubernetes

    def process(self, endpoint_id: str, steps: Steps) -> None:
        """A process from its start until nothing is left to do."""
        progress: Any = Mortal(Progress(self.database), steps)
        mortal: Any = Mortal(self.kubernetes, steps)
        lease = Lease(progress, f"process {steps.deadly}", 60.0)
        for _ in range(MOST_PASSES):
            self._free_the_lead()
            lease.renew()
            view = View(self.kubernetes, NAMESPACE, lambda _endpoint_id: None)
            view.look()
            managers = Managers.of(progress.installation())
            executor = Executor(mortal, view, progress, lease, managers)
            looked = EndpointPass(self.kubernetes, view, progress, executor, managers, lambda: None).look_at(
                endpoint_id
            )
            if not looked.again:
                return
            self.scaler_ends()
        raise AssertionError("it never ends")

    def scaler_ends(self) -> None:
        """What terminates is gone after a while."""
        for key, live in self.api.cluster.all().items():
            if live["metadata"].get("deletionTimestamp"):
                self.api.cluster.vanish(key)

    def _free_the_lead(self) -> None:
        """The time of a process that died is over."""
        with self.database.write() as session:
            row = session.get_one(LeaderRow, 1)
            row.expires_at = 0.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds with an empty database; the server is the same, and emptied."""
    api, number = ApiServer(), itertools.count()
    databases: list[Database] = []
    empty = tmp_path / "empty.db"
    first = Database(f"sqlite:///{empty}")
    first.migrate()
    first.close()
    with serving(api) as address:
        kubernetes = client(address)

        def make() -> World:
            for key in list(api.cluster.stored):
                api.cluster.vanish(key)
            file = tmp_path / f"{next(number)}.db"
            shutil.copy(empty, file)
            database = Database(f"sqlite:///{file}")
            databases.append(database)
            return World(database, api, kubernetes)

        yield make
        kubernetes.close()
    for database in databases:
        database.close()


def nothing(_world: World) -> str:
    """A new endpoint that nothing was done for."""
    return create_endpoint(_world.database, texts=KEDA).id


def switched(world: World, begin: dict[str, str], end: dict[str, str]) -> str:
    """An endpoint that runs as one scaling says, and is to run as the other does."""
    endpoint = create_endpoint(world.database, texts=begin, max_workers=4)
    world.process(endpoint.id, Steps(0))
    key = ObjectKey("apps/v1", "Deployment", NAMESPACE, endpoint.resource_name)
    if begin == KEDA:
        world.api.cluster.write(key, "keda-operator", ("spec", "replicas"), 4)
    digest = TemplateSets(world.database).record(end)
    Endpoints(world.database).revise(
        ADA, endpoint.id, lambda before, _texts: Change(before.specification, before.bundle.id, digest, "restart")
    )
    return endpoint.id


def deleted(world: World) -> str:
    """An endpoint that runs, and is to go."""
    endpoint = create_endpoint(world.database, texts=KEDA)
    world.process(endpoint.id, Steps(0))
    Endpoints(world.database).delete(ADA, endpoint.id)
    return endpoint.id


CASES: dict[str, tuple[Callable[[World], str], int]] = {
    "create": (nothing, 12),
    "fixed-to-keda": (lambda world: switched(world, FIXED, KEDA), 10),
    "keda-to-fixed": (lambda world: switched(world, KEDA, FIXED), 7),
    "delete": (deleted, 14),
}


@pytest.mark.parametrize("case", CASES)
def test_death_at_any_step_loses_nothing(world: Callable[[], World], case: str) -> None:
    """Before and after each request that changes the cluster and each commit, one after the other."""
    begin, least_steps = CASES[case]
    for deadly in range(1, MOST_STEPS):
        here = world()
        endpoint_id = begin(here)
        steps = Steps(deadly)
        try:
            here.process(endpoint_id, steps)
        except Died:
            assert Progress(here.database).endpoint_ids() in ([endpoint_id], []), "an acknowledged write is lost"
            here.process(endpoint_id, Steps(0))
            require_as_recorded(here, endpoint_id)
            continue
        require_as_recorded(here, endpoint_id)
        assert deadly > least_steps, f"only {deadly} steps were tried"
        return
    raise AssertionError("there are more steps than were tried")


def require_as_recorded(world: World, endpoint_id: str) -> None:
    """The cluster holds what the record says and nothing else, and the record knows each object."""
    live = world.api.cluster.all()
    snapshot = Progress(world.database).snapshot(endpoint_id)
    if snapshot is None:
        assert live == {}
        return
    endpoint: Endpoint = snapshot.endpoint
    wanted = documents_of(endpoint, snapshot.texts)
    assert live.keys() == wanted.keys()
    assert {each.key: each.uid for each in snapshot.objects} == {key: uid_of(each) for key, each in live.items()}
    if endpoint.generation > 1:
        # Four workers ran before, and the scaler has said nothing: none was stopped.
        assert [each["spec"]["replicas"] for key, each in live.items() if key.kind == "Deployment"] == [4]
