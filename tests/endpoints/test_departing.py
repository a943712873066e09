"""Temporal forgets the worker deployments of deleted endpoints; no endpoint's end waits for that."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from temporal_endpoints.kubernetes.client import RefusedByServerError
from temporal_endpoints.metrics import Metrics
from temporal_endpoints.planning.actions import Action
from temporal_endpoints.reconciling.departing import Departing
from temporal_endpoints.reconciling.executor import Executor
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Endpoints
from temporal_endpoints.records.model import Departure, ObjectRecord
from temporal_endpoints.records.progress import Progress

from .api_server import ApiServer, serving
from .heard import Heard
from .recorded import ADA, create_endpoint
from .running import Running, wait_until

EVERY = 5.0


class Left:
    """Worker deployments that Temporal is to forget, and who sees to it."""

    def __init__(self, database: Database, *endpoints: str, namespace: str | None = None) -> None:
        self.server, self.progress = Heard(), Progress(database)
        self.lease = Lease(self.progress, "one", 60.0)
        assert self.lease.renew()
        for endpoint_id in endpoints:
            self.progress.depart(self.lease.token(), Departure(endpoint_id, namespace))
        self.departing = self.begin()

    def begin(self) -> Departing:
        """What a process that has just started has."""
        return Departing(self.server, self.progress, self.lease, "default", EVERY)

    @property
    def asked(self) -> list[str]:
        """What Temporal was asked to forget, since this was read last."""
        asked = [question.split()[1] for question in self.server.asked]
        self.server.asked.clear()
        return asked

    @property
    def there(self) -> list[str]:
        """What is still recorded."""
        return [each.endpoint_id for each in self.progress.departures()]


@pytest.fixture
def left(database: Database) -> Callable[..., Left]:
    """Makes them."""

    def make(*endpoints: str, namespace: str | None = None) -> Left:
        return Left(database, *endpoints, namespace=namespace)

    return make


def test_what_temporal_has_forgotten_is_recorded_no_longer(left: Callable[..., Left]) -> None:
    """In the namespace that is recorded, else in the one where this control plane looks."""
    here = left("end_1", namespace="speech")
    here.progress.depart(here.lease.token(), Departure("end_2", None))
    here.departing.bring(0.0)
    assert here.server.asked == ["forget end_1 in speech", "forget end_2 in default"]
    assert here.there == []


def test_deletion_is_recorded_once(left: Callable[..., Left]) -> None:
    """What was known first stays: the scaler that tells the namespace goes before the endpoint does."""
    here = left("end_1", namespace="speech")
    here.progress.depart(here.lease.token(), Departure("end_1", None))
    assert here.progress.departures() == [Departure("end_1", "speech")]


def test_what_temporal_keeps_is_tried_again_and_told_once(
    left: Callable[..., Left], caplog: pytest.LogCaptureFixture
) -> None:
    """Each minute, as it keeps versions for some minutes after their last poll; also by a process that comes later."""
    here = left("end_1")
    here.server.refusal = "end_1 has active pollers"
    for now in (0.0, 5.0, 59.0, 60.0, 61.0):
        here.departing.bring(now)
    assert here.asked == ["end_1"] * 2
    assert [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING] == [
        "the worker deployment of end_1, which is deleted: end_1 has active pollers"
    ]
    here.server.refusal = None
    here.begin().bring(62.0)
    assert here.there == []


def test_few_are_forgotten_in_one_look_and_all_in_the_end(left: Callable[..., Left]) -> None:
    """Who looks at what workers run has no time for hundreds."""
    names = [f"end_{number}" for number in range(5)]
    here = left(*names)
    looks = []
    for number in range(3):
        here.departing.bring(number * EVERY)
        looks.append(here.asked)
    assert [len(look) for look in looks] == [2, 2, 1]
    assert [each for look in looks for each in look] == names


def test_temporal_that_is_away_is_asked_once_in_a_look(left: Callable[..., Left]) -> None:
    """Each request takes seconds then. In the next look it is asked for another one, until it is back."""
    here = left("end_1", "end_2")
    here.server.silent = True
    for number in range(4):
        here.departing.bring(number * EVERY)
    here.server.silent = False
    here.departing.bring(4 * EVERY)
    assert (sorted(here.asked), here.there) == (["end_1", "end_2"], [])


def test_who_does_not_lead_asks_for_nothing(left: Callable[..., Left]) -> None:
    """Another one does."""
    here = left("end_1")
    here.lease.lose()
    here.departing.bring(0.0)
    assert (here.asked, here.there) == ([], ["end_1"])


def test_workers_that_still_run_could_make_it_known_again(database: Database, left: Callable[..., Left]) -> None:
    """So it is looked after until the endpoint is gone."""
    endpoint = create_endpoint(database, versioning="current")
    here = left(endpoint.id)
    Endpoints(database).delete(ADA, endpoint.id)
    here.departing.bring(0.0)
    assert here.there == [endpoint.id]
    here.progress.finish(here.lease.token(), endpoint.id)
    here.departing.bring(60.0)
    assert here.there == []


@pytest.mark.parametrize(("versioning", "count"), [("current", 1), ("none", 0)])
def test_endpoint_ends_while_temporal_is_away(database: Database, versioning: str, count: int) -> None:
    """What Temporal still knows then is counted for Prometheus; of endpoints without versions that is nothing."""
    api = ApiServer()
    with serving(api) as address:
        running = Running(database, api, address)
        endpoint = create_endpoint(database, versioning=versioning)
        with running.reconciler() as reconciler:
            wait_until(lambda: running.live("Deployment", endpoint) is not None, "its Deployment")
            Endpoints(database).delete(ADA, endpoint.id)
            progress = Progress(database)
            wait_until(lambda: progress.endpoint_ids() == [], "its end")
            assert api.cluster.all() == {}
            assert progress.departures() == [Departure(endpoint.id, None)] * count
            metrics = Metrics()
            metrics.follow(progress, reconciler)
            assert metrics.registry.get_sample_value("temporal_endpoints_departures") == count


def test_deletion_in_the_middle_of_a_look_is_recorded_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that goes on after its first actions finds the endpoint deleted, and begins anew."""
    api = ApiServer()
    endpoint = create_endpoint(database, versioning="current")
    act = Executor.act
    interrupted: list[str] = []

    def interrupt(executor: Executor, endpoint_id: str, action: Action) -> ObjectRecord | None:
        if not interrupted:
            interrupted.append(endpoint_id)
            Endpoints(database).delete(ADA, endpoint_id)
            raise RefusedByServerError(409, "Conflict", "the object has been modified")
        return act(executor, endpoint_id, action)

    monkeypatch.setattr(Executor, "act", interrupt)
    with serving(api) as address, Running(database, api, address).reconciler():
        progress = Progress(database)
        wait_until(lambda: progress.endpoint_ids() == [], "its end")
    assert (interrupted, progress.departures()) == ([endpoint.id], [Departure(endpoint.id, None)])
