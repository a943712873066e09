"""A process that can die, or meet something else, before and after each of its effects; what outlives it is a world."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporal_endpoints.errors import TemporalEndpointsError
from temporal_endpoints.kubernetes.client import Kubernetes
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.planning.ownership import Managers
from temporal_endpoints.reconciling.endpoint_pass import EndpointPass
from temporal_endpoints.reconciling.executor import Executor
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.tables import LeaderRow

from .api_server import ApiServer, client, serving
from .recorded import NAMESPACE

OF_THE_CLUSTER = ("apply", "delete")
EFFECTS = {*OF_THE_CLUSTER, "depart", "record", "forget", "finish", "report"}
MOST_PASSES = 12
_LEASE_SECONDS = 60.0


class Died(BaseException):
    """The process is gone."""


def die(_effect: str, _is_done: bool) -> None:
    """End the process there."""
    raise Died


@dataclass
class Steps:
    """Counts before and after each effect; at one of these steps something happens."""

    at: int = 0
    happens: Callable[[str, bool], None] = die
    taken: int = 0

    def take(self, effect: str, is_done: bool) -> None:
        """One more."""
        self.taken += 1
        if self.taken == self.at:
            self.happens(effect, is_done)


class Mortal:
    """The same object, each of whose effects is a step before and after."""

    def __init__(self, inner: object, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        if name not in EFFECTS:
            return attribute

        def mortal(*arguments: Any, **named: Any) -> Any:
            self._steps.take(name, False)
            done = attribute(*arguments, **named)
            self._steps.take(name, True)
            return done

        return mortal


@dataclass
class World:
    """One database and one server that outlive the processes."""

    database: Database
    api: ApiServer
    kubernetes: Kubernetes

    def process(self, endpoint_id: str, steps: Steps) -> None:
        """Processes one after the other, until nothing is left to do for this endpoint."""
        for _ in range(MOST_PASSES):
            if not Process(self).look_at(endpoint_id, steps):
                return
            self.finalizers_end()
        raise AssertionError("it never ends")

    def finalizers_end(self) -> bool:
        """What terminates is gone after a while; whether anything did."""
        ending = [key for key, live in self.api.cluster.all().items() if live["metadata"].get("deletionTimestamp")]
        for key in ending:
            with self.api.changed:
                self.api.cluster.vanish(key)
        return bool(ending)

    def free_the_lead(self) -> None:
        """The time of a process that died is over."""
        with self.database.write() as session:
            row = session.get_one(LeaderRow, 1)
            row.expires_at = 0.0


class Process:
    """One process: what it sees of the cluster is as old as its last look, as if its watches were held since then."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._view = View(world.kubernetes, NAMESPACE, lambda _endpoint_id: None)
        self.look()

    def look(self) -> None:
        """See the cluster as it is now."""
        self._view.look()

    def look_at(self, endpoint_id: str, steps: Steps) -> bool:
        """One pass over an endpoint as the reconciler does it; whether there is more to do."""
        progress: Any = Mortal(Progress(self._world.database), steps)
        kubernetes: Any = Mortal(self._world.kubernetes, steps)
        lease = Lease(progress, "the only one", _LEASE_SECONDS)
        self._world.free_the_lead()
        lease.renew()
        managers = Managers.of(progress.installation())
        executor = Executor(kubernetes, self._view, progress, lease, managers)
        one_pass = EndpointPass(
            self._world.kubernetes, self._view, progress, executor, managers, lambda: None, Observations()
        )
        try:
            looked = one_pass.look_at(endpoint_id)
            if looked.report is not None:
                progress.report(lease.token(), endpoint_id, looked.report, looked.known)
        except TemporalEndpointsError:
            return True
        return looked.again


@contextmanager
def worlds(folder: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds with an empty database; the server is the same, and emptied."""
    api, number = ApiServer(), itertools.count()
    databases: list[Database] = []
    empty = folder / "empty.db"
    first = Database(f"sqlite:///{empty}")
    first.migrate()
    first.close()
    with serving(api) as address:
        kubernetes = client(address)

        def make() -> World:
            while databases:
                databases.pop().close()
            for key in list(api.cluster.stored):
                with api.changed:
                    api.cluster.vanish(key)
            file = folder / f"{next(number)}.db"
            shutil.copy(empty, file)
            databases.append(Database(f"sqlite:///{file}"))
            return World(databases[0], api, kubernetes)

        yield make
        kubernetes.close()
    for database in databases:
        database.close()
