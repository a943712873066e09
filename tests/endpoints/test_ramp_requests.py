"""What a request may ask for of a ramp, and what becomes of it in the records."""

from __future__ import annotations

from typing import Any

import pytest

from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import Ramp
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.tables import RevisionRow

from .asked import ENDPOINTS, Asked
from .recorded import create_endpoint


@pytest.fixture
def asked(database: Database) -> Asked:
    """The API of a control plane that sees Temporal."""
    return Asked(database, has_versions=True)


def test_ramp_is_asked_for_and_changed_at_any_time(asked: Asked) -> None:
    """The answer tells it; what is asked for already is no new generation, and an empty one takes it away."""
    path = f"{ENDPOINTS}/{asked.create(versioning='current', ramp=[10, 50])}"
    made = asked("GET", path)
    assert (made["ramp"], made["ramp_seconds"]) == ([10, 50], 300)
    asked("PUT", path, {"ramp": [10, 50], "ramp_seconds": 300})
    assert asked("GET", path)["generation"] == 1
    asked("PUT", path, {"ramp_seconds": 0})
    asked("PUT", path, {"ramp": []})
    changed = asked("GET", path)
    assert (changed["ramp"], changed["ramp_seconds"], changed["generation"]) == ([], 0, 3)


def test_rollback_leaves_the_ramp_as_it_is(asked: Asked) -> None:
    """The generation before is one whose ramp had not been stopped, and it is not to go on."""
    path = f"{ENDPOINTS}/{asked.create(versioning='current', ramp=[10])}"
    first = asked("GET", path)["bundle_id"]
    asked("PUT", path, {"model_bundle_id": asked.bundle(tag="2.0")})
    asked("PUT", path, {"ramp_seconds": 0})
    asked("POST", f"{path}/rollback", {})
    assert asked("GET", path)["ramp_seconds"] == 0
    asked("POST", f"{path}/rollback", {"generation": 1})
    back = asked("GET", path)
    assert (back["bundle_id"], back["ramp"], back["ramp_seconds"]) == (first, [10], 0)


@pytest.mark.parametrize(
    ("ramp", "said"),
    [
        ([50, 10], "it is not a list of percentages from 1 to 99 that rise"),
        ([10, 10], "it is not a list of percentages from 1 to 99 that rise"),
        ([0], "it is not a list of percentages from 1 to 99 that rise"),
        ([100], "Write for example [10, 50]"),
        (list(range(1, 22)), "it has 21 steps, and may have 20"),
        (["10"], "valid integer"),
    ],
)
def test_ramp_that_is_none_is_refused(asked: Asked, ramp: list[Any], said: str) -> None:
    """With what to write."""
    wish = asked.wish(model_bundle_id=asked.bundle(), versioning="current", ramp=ramp)
    refused = asked("POST", ENDPOINTS, wish, status=422)["detail"]
    assert ("ramp" in str(refused), said in str(refused)) == (True, True)


def test_ramp_is_for_endpoints_with_versions(asked: Asked) -> None:
    """Without them the new workers take the place of the old ones, one by one."""
    wish = asked.wish(model_bundle_id=asked.bundle(), ramp=[10])
    assert "Make one with versioning: current" in asked("POST", ENDPOINTS, wish, status=400)["detail"]
    path = f"{ENDPOINTS}/{asked.create()}"
    assert "leave ramp out" in asked("PUT", path, {"ramp": [10]}, status=400)["detail"]
    asked("PUT", path, {"ramp": []})


def test_leader_is_told_the_ramp(database: Database) -> None:
    """That of the newest generation; one that was recorded before there were any has none."""
    endpoint = create_endpoint(database, versioning="current", ramp=[10, 50], ramp_seconds=60)
    assert [each.ramp for each in Progress(database).queues()] == [Ramp((10, 50), 60)]
    with database.write() as session:
        row = session.get_one(RevisionRow, (endpoint.id, 1))
        row.specification = {key: value for key, value in row.specification.items() if not key.startswith("ramp")}
    assert [each.ramp for each in Progress(database).queues()] == [Ramp()]
