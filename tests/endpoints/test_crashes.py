"""A process that dies before or after any of its steps loses nothing: the next one goes on from the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.planning.ownership import uid_of
from temporal_endpoints.records.bundles import TemplateSets
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.model import Departure, Endpoint, ObjectKey
from temporal_endpoints.records.progress import Progress

from .mortal_process import Died, Steps, World, worlds
from .recorded import ADA, NAMESPACE, create_endpoint
from .snapshots import FIXED, KEDA, SCALED, SCALED_OBJECT

MOST_STEPS = 60
# Temporal's namespace is known by the scaler alone, which is the first object that goes.
IN_SPEECH = {
    **KEDA,
    SCALED: SCALED_OBJECT.replace("metadata:\n        task", "metadata:\n        namespace: speech\n        task"),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds."""
    with worlds(tmp_path) as make:
        yield make


def nothing(_world: World) -> str:
    """A new endpoint that nothing was done for."""
    return create_endpoint(_world.database, texts=KEDA).id


def switched(world: World, begin: dict[str, str], end: dict[str, str]) -> str:
    """An endpoint that runs as one scaling says, and is to run as the other does."""
    endpoint = create_endpoint(world.database, texts=begin, max_workers=4)
    world.process(endpoint.id, Steps())
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
    world.process(endpoint.id, Steps())
    Endpoints(world.database).delete(ADA, endpoint.id)
    return endpoint.id


def deleted_with_versions(world: World) -> str:
    """The same, and Temporal is to forget its builds."""
    endpoint = create_endpoint(world.database, texts=IN_SPEECH, versioning="current")
    world.process(endpoint.id, Steps())
    Endpoints(world.database).delete(ADA, endpoint.id)
    return endpoint.id


CASES: dict[str, tuple[Callable[[World], str], int]] = {
    "create": (nothing, 10),
    "fixed-to-keda": (lambda world: switched(world, FIXED, KEDA), 10),
    "keda-to-fixed": (lambda world: switched(world, KEDA, FIXED), 7),
    "delete": (deleted, 14),
    "delete-with-versions": (deleted_with_versions, 16),
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
            here.process(endpoint_id, Steps())
            require_as_recorded(here, endpoint_id)
            require_departed(here, case, endpoint_id)
            continue
        require_as_recorded(here, endpoint_id)
        require_departed(here, case, endpoint_id)
        assert deadly > least_steps, f"only {deadly} steps were tried"
        return
    raise AssertionError("there are more steps than were tried")


def test_endpoint_comes_by_two_commits(world: Callable[[], World]) -> None:
    """One says what is going to be made, the other one what was made, and what is to be said of it."""
    here = world()
    effects: list[str] = []

    class Noted(Steps):
        def take(self, effect: str, is_done: bool) -> None:
            effects.extend([effect] * is_done)

    endpoint_id = nothing(here)
    here.process(endpoint_id, Noted())
    count = len(here.api.cluster.all())
    assert effects == ["record", *["apply"] * count, "report"]
    effects.clear()
    here.process(endpoint_id, Noted())
    assert effects == [], "a look that sees nothing new writes nothing"
    require_as_recorded(here, endpoint_id)


def require_departed(world: World, case: str, endpoint_id: str) -> None:
    """What Temporal is to forget outlives the endpoint, with Temporal's namespace."""
    departures = [Departure(endpoint_id, "speech")] if case == "delete-with-versions" else []
    assert Progress(world.database).departures() == departures


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
