"""What a scaler is told: how many workers are wanted, by a token of its own, and 503 while that is not known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from temporal_endpoints.api.application import create_application
from temporal_endpoints.api.authentication import Authenticator
from temporal_endpoints.api.scaler_token import ScalerToken
from temporal_endpoints.api.service import Service
from temporal_endpoints.errors import SettingsError
from temporal_endpoints.observing.demand import Demand, Work
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.protection import Heed, Observation
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Endpoints
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.specification import Surroundings

from .asked import ENDPOINTS, basic
from .recorded import ADA, BOB, NAMESPACE, create_endpoint

BUSY = {"pod-0": Work.BUSY, "pod-1": Work.UNKNOWN, "pod-2": Work.IDLE}


class Asked:
    """The API with an endpoint that was observed, and a scaler's token."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.endpoint = create_endpoint(database)
        self.observations = Observations(20.0)
        self.token = folder / "token"
        self.token.write_text("secret\n", encoding="utf-8")
        observed = self.observations.of
        service = Service(database, NAMESPACE, Surroundings(git_tag="v1"), dict, observed=observed)
        application = create_application(service, Authenticator(), scaler_token=ScalerToken(self.token))
        self.client = TestClient(application)

    def see(self, heed: Heed = Heed.HEARD, age: float = 0.0) -> None:
        """Look at the endpoint."""
        demand = Demand(BUSY, backlog=3, in_flight=2, wanted=5)
        seen = Observation(self.endpoint.id, time.monotonic() - age, demand, heed)
        self.observations.publish([self.endpoint.id], [seen], {})

    def wanted(self, header: str = "Bearer secret", endpoint_id: str | None = None) -> tuple[int, dict[str, object]]:
        """The status and the answer."""
        path = f"/v1/scaling/{endpoint_id or self.endpoint.id}"
        answer = self.client.get(path, headers={"Authorization": header} if header else {})
        told: dict[str, object] = answer.json()
        return answer.status_code, told


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """One database for the API."""
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    database.migrate()
    yield Asked(database, tmp_path)
    database.close()


def test_scaler_is_told_how_many_and_why(asked: Asked) -> None:
    """The number, and what it is made of; whose endpoint it is does not matter."""
    asked.see()
    told = {"wanted": 5, "busy": 2, "backlog": 3, "in_flight": 2, "heartbeats": True}
    assert asked.wanted() == (200, told)


def test_without_heartbeats_nothing_is_wanted(asked: Asked) -> None:
    """So that the trigger beside it decides as it did before."""
    asked.see(Heed.WORKERS_SILENT)
    status, told = asked.wanted()
    assert (status, told["wanted"], told["heartbeats"]) == (200, 0, False)


@pytest.mark.parametrize("end", ["", "/build"])
def test_two_tokens_are_refused(asked: Asked, end: str) -> None:
    """Even if both are the right one: what stands before this process may know the one alone."""
    headers = [("Authorization", "Bearer secret"), ("authorization", "Bearer secret")]
    answer = asked.client.get(f"/v1/scaling/{asked.endpoint.id}{end}", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "The header Authorization stands twice. Send it once.",
    )


@pytest.mark.parametrize("age", [None, 21.0])
def test_scaler_keeps_what_is_there_while_nothing_is_known(asked: Asked, age: float | None) -> None:
    """Nobody has looked yet, or it is too long ago: 503, which takes no worker away."""
    if age is not None:
        asked.see(age=age)
    status, told = asked.wanted()
    assert status == 503
    assert "Keep what is there" in str(told["detail"])


def test_endpoint_that_is_not_recorded_is_not_found(asked: Asked) -> None:
    """Which is something else than not being known now."""
    assert asked.wanted(endpoint_id="end_0")[0] == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer other", "Basic secret", "secret", "Bearer secret\u00e9"])
def test_nobody_else_may_ask(asked: Asked, header: str) -> None:
    """Another token, none, or the right one in another scheme; an owner's key opens nothing here."""
    asked.see()
    sent = header.encode("latin-1").decode("latin-1")
    answer = asked.client.get(f"/v1/scaling/{asked.endpoint.id}", headers=[(b"authorization", sent.encode("latin-1"))])
    assert answer.status_code == 401
    own = asked.client.get(f"/v1/scaling/{asked.endpoint.id}", headers=basic("speech"))
    assert own.status_code == 401


def test_scalers_token_opens_nothing_else(asked: Asked) -> None:
    """With keys, it is nobody's."""
    from temporal_endpoints.api.authentication import Keys

    keys = asked.token.parent / "keys.yaml"
    keys.write_text("speech: [own]\n", encoding="utf-8")
    service = asked.client.app.state.service  # type: ignore[attr-defined]
    client = TestClient(
        create_application(service, Authenticator(Keys(keys)), scaler_token=ScalerToken(asked.token)),
        raise_server_exceptions=False,
    )
    assert client.get(ENDPOINTS, headers={"Authorization": "Bearer secret"}).status_code == 401
    assert client.get(ENDPOINTS, headers={"Authorization": "Bearer own"}).status_code == 200


def test_token_may_be_exchanged(asked: Asked) -> None:
    """Two may hold at once, one that leaves the file holds no longer, and an empty file changes nothing."""
    asked.see()
    asked.token.write_text("secret\nnext\n", encoding="utf-8")
    assert [asked.wanted(f"Bearer {token}")[0] for token in ("secret", "next")] == [200, 200]
    asked.token.write_text("next\n", encoding="utf-8")
    assert [asked.wanted(f"Bearer {token}")[0] for token in ("secret", "next")] == [401, 200]
    asked.token.write_text("", encoding="utf-8")
    assert asked.wanted("Bearer next")[0] == 200
    asked.token.write_bytes(b"\xef\xbb\xbfone line\r\n")
    assert [asked.wanted(f"Bearer {each}")[0] for each in ("one line", "one", "line")] == [200, 401, 401]
    asked.token.write_text("next", encoding="utf-8")
    assert asked.wanted("Bearer next")[0] == 200
    asked.token.unlink()
    assert asked.wanted("Bearer next")[0] == 200


@pytest.mark.parametrize(("text", "said"), [(None, "cannot be read"), (" \n", "holds no token")])
def test_file_without_a_token_is_one_message(tmp_path: Path, text: str | None, said: str) -> None:
    """At the start, with what to do."""
    file = tmp_path / "token"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"token {said}.*--scaler-token"):
        ScalerToken(file)


def test_without_a_token_no_scaler_may_ask(asked: Asked) -> None:
    """Also where any user is believed: the answer says what to start with."""
    service = asked.client.app.state.service  # type: ignore[attr-defined]
    client = TestClient(create_application(service, Authenticator()))
    answer = client.get(f"/v1/scaling/{asked.endpoint.id}", headers={"Authorization": "Bearer "})
    assert answer.status_code == 401
    assert "--scaler-token" in answer.json()["detail"]


def test_queued_items_are_told_to_the_owner(asked: Asked) -> None:
    """What waits in the queue, as long as that is known; null before."""
    path = f"{ENDPOINTS}/{asked.endpoint.id}"
    assert asked.client.get(path, headers=basic(ADA.owner)).json()["num_queued_items"] is None
    asked.see()
    assert asked.client.get(path, headers=basic(ADA.owner)).json()["num_queued_items"] == 3
    (listed,) = asked.client.get(ENDPOINTS, headers=basic(ADA.owner)).json()["model_endpoints"]
    assert listed["num_queued_items"] == 3
    assert asked.client.get(path, headers=basic(BOB.owner)).status_code == 404


def test_queues_are_those_of_the_newest_generations(database: Database) -> None:
    """A deleted endpoint has none to look at any more."""
    first = create_endpoint(database, "one", temporal_task_queue="a", per_worker=4)
    second = create_endpoint(database, "two", temporal_task_queue="b")
    Endpoints(database).delete(ADA, second.id)
    (queue,) = Progress(database).queues()
    assert (queue.endpoint_id, queue.task_queue, queue.per_worker) == (first.id, "a", 4)
