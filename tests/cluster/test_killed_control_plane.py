"""A control plane that is killed before or after any of its effects loses nothing, whichever it is.

One life is lived again and again: an endpoint comes, changes, gets a scaler, and goes. Each time the process is killed
at another effect: a request that changes the cluster, or a commit. Then it starts again, and the life goes on.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cluster.processes import wait_until
from temporal_endpoints.planning.documents import documents_of
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.model import Snapshot
from temporal_endpoints.records.progress import Progress

from . import mortal_serve
from .api_server_proxy import Connection, Fault, Proxy, Request
from .conftest import ROOT, WORKER
from .control_plane_process import ENDPOINTS, SECONDS, AnswerError, ControlPlaneProcess, bundle, wish
from .kubernetes_alone import KubernetesAlone, Place

FIXED: Mapping[str, Any] = {"scaling": "fixed"}
KEDA: Mapping[str, Any] = {"scaling": "keda"}
NAMESPACE = "killed"
# The label is llm-engine's as well: what bears it is not ours by that.
STRANGERS = ("somebody-elses", "launch-endpoint-id-end-somebody-elses")
NOTHING_LEFT: dict[str, Any] = {}
LEAST_EFFECTS, SAMPLE = 12, 2
# From when nothing is in the way any more until the cluster is as recorded, the start of the process included.
AT_MOST_SECONDS = 30


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A namespace of a cluster without KEDA, with objects of somebody else."""
    with KubernetesAlone(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "killed") as cluster:
        made = Place(cluster, NAMESPACE)
        made.prepare(**FIXED)
        for name in STRANGERS:
            made.put_stranger(name, endpoint_id="end_somebodyelses")
        yield made


@dataclass
class Life:
    """One life of an endpoint, with one database, through processes of which the first may be killed."""

    place: Place
    proxy: Proxy
    process: ControlPlaneProcess
    deaths: int = 0
    endpoint_id: str = ""
    # Whether the next process waits until the time of the one that died is over, as it does without a test.
    waits_for_the_lead: bool = False
    undisturbed_since: float = 0.0

    def live(self) -> None:
        """From its request to its end."""
        bundle_id = self.ask("POST", "/v2/model-bundles", bundle())["model_bundle_id"]
        self.create(wish(bundle_id, temporal_task_queue="one"))
        self.wait_for("one", "READY", replicas=1)
        self.ask("PUT", self.path, {"temporal_task_queue": "two", "min_workers": 2, "max_workers": 2})
        self.wait_for("two", "READY", replicas=2)
        self.place.take_templates(**KEDA)
        self.restart()
        self.wait_for("two", "UPDATE_IN_PROGRESS", replicas=2)
        self.delete()

    @property
    def path(self) -> str:
        """The endpoint's own."""
        return f"{ENDPOINTS}/{self.endpoint_id}"

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer, of whichever process lives; one that dies meanwhile is asked again when it is back."""
        while True:
            self.revive()
            try:
                return self.process.ask(method, path, body)
            except OSError:
                wait_until(
                    "the process that gave no answer is dead", lambda: not self.process.is_alive, seconds=SECONDS
                )

    def revive(self) -> None:
        """Start it again if it is dead, with nothing in its way from now on."""
        if not self.process.is_alive:
            self.deaths += 1
            self.proxy.let_all_pass()
            if not self.waits_for_the_lead:
                self.process.end_the_lead()
            self.undisturbed_since = time.monotonic()
            self.process.start()
            assert self.process.is_alive, self.process.log.read_text()

    def create(self, body: Mapping[str, Any]) -> None:
        """Ask for the endpoint; what was recorded without an answer is told by its name being in use."""
        try:
            self.endpoint_id = str(self.ask("POST", ENDPOINTS, body)["endpoint_id"])
        except AnswerError as error:
            if error.status != 400:
                raise
            (found,) = self.ask("GET", f"{ENDPOINTS}?name={body['name']}")["model_endpoints"]
            self.endpoint_id = str(found["id"])

    def restart(self) -> None:
        """Take the new templates, which the process may have read a moment too early."""

        def has_new_ones() -> bool:
            self.ask("POST", f"{self.path}/restart")
            sets = [each["template_set"] for each in self.ask("GET", f"{self.path}/history")["revisions"]]
            return bool(sets[0] != sets[-1])

        wait_until("the new templates are taken", has_new_ones, seconds=SECONDS, every=0.5)

    def delete(self) -> None:
        """Ask for its end, and wait until nothing is left of it, in the records either."""

        def is_gone() -> bool:
            try:
                assert self.ask("GET", self.path)["status"] == "DELETE_IN_PROGRESS"
            except AnswerError as error:
                return error.status == 404
            return False

        try:
            self.ask("DELETE", self.path)
        except AnswerError as error:
            # It was deleted when the process died, and gone when it was asked again.
            if error.status != 404:
                raise
        self.wait_until("it is gone", is_gone)
        assert self.own_objects() == NOTHING_LEFT

    def wait_for(self, queue: str, status: str, *, replicas: int) -> None:
        """Wait until the endpoint is as it was acknowledged, and hold the cluster to the record."""

        def is_reached() -> bool:
            answer = self.ask("GET", self.path)
            assert answer["temporal_task_queue"] == queue, "an acknowledged write is lost"
            if answer["status"] == "READY":
                self.require_ready(queue)
            applied = any(each["type"] == "Applied" and each["status"] == "True" for each in answer["conditions"])
            return bool(
                applied and answer["status"] == status and answer["observed_generation"] == answer["generation"]
            )

        self.wait_until(f"the endpoint is {status} with the queue {queue}", is_reached)
        self.require_as_recorded()
        deployment = self.own_objects()[f"Deployment/{self.name}"]
        assert deployment["spec"]["replicas"] == replicas
        owners = [
            entry["manager"]
            for entry in deployment["metadata"]["managedFields"]
            if "f:replicas" in (entry["fieldsV1"].get("f:spec") or {})
        ]
        assert len(owners) == 1, owners

    def wait_until(self, what: str, is_reached: Callable[[], bool]) -> None:
        """Wait for it; it takes no longer than promised from when it was asked for and nothing disturbed."""
        asked = time.monotonic()
        wait_until(what, is_reached, seconds=SECONDS)
        taken = time.monotonic() - max(asked, self.undisturbed_since)
        assert taken < AT_MOST_SECONDS, f"{what}: that took {taken:.1f} s"

    @property
    def name(self) -> str:
        """Of its objects."""
        return f"launch-endpoint-id-{self.endpoint_id.replace('_', '-')}"

    def own_objects(self) -> dict[str, Any]:
        """All objects in the namespace but the strangers'."""
        return {key: live for key, live in self.place.objects().items() if not key.endswith(STRANGERS)}

    def clear(self) -> None:
        """Remove what a life that went wrong has left, which the next one would be blamed for."""
        for key in self.own_objects():
            self.place.remove(key)

    def snapshot(self) -> Snapshot:
        """The endpoint as it is recorded."""
        database = Database(self.process.database)
        try:
            found = Progress(database).snapshot(self.endpoint_id)
        finally:
            database.close()
        assert found is not None
        return found

    def require_ready(self, queue: str) -> None:
        """Workers of the newest generation are those that READY speaks of."""
        deployment = self.own_objects()[f"Deployment/{self.name}"]
        (main, *_) = deployment["spec"]["template"]["spec"]["containers"]
        assert {"name": "TEMPORAL_TASK_QUEUE", "value": queue} in main["env"], "READY of an older generation"
        status = deployment["status"]
        assert status["updatedReplicas"] == status["replicas"] == deployment["spec"]["replicas"]

    def require_as_recorded(self) -> None:
        """The cluster holds what the record leads to, all of it and nothing else, and the record knows each object."""
        snapshot, live = self.snapshot(), self.own_objects()
        wanted = {str(key): document for key, document in documents_of(snapshot.endpoint, snapshot.texts).items()}
        assert live.keys() == wanted.keys()
        assert {str(each.key): each.uid for each in snapshot.objects} == {
            key: each["metadata"]["uid"] for key, each in live.items()
        }
        for key, document in wanted.items():
            assert holds(document, live[key]), f"{key} is not as it should be"


def holds(document: Any, live: Any) -> bool:
    """Whether the live object has all that the document says; a quantity may be written otherwise."""
    if isinstance(document, dict):
        return isinstance(live, dict) and all(
            key in ("resources", "terminationGracePeriodSeconds") or holds(value, live.get(key))
            for key, value in document.items()
            if value not in (None, {}, [])
        )
    if isinstance(document, list):
        return isinstance(live, list) and len(document) == len(live) and all(map(holds, document, live))
    return bool(document == live)


@dataclass
class Deadly:
    """Makes lives whose first process is killed at one of its effects."""

    place: Place
    proxy: Proxy
    folder: Path
    new_url: Callable[[], str]

    def life(self, mode: str, number: int) -> Life:
        """A life; with the number 0 nobody dies."""
        folder = self.folder / uuid.uuid4().hex[:8]
        kubeconfig = self.proxy.kubeconfig(self.folder / "kubeconfig", NAMESPACE)
        process = ControlPlaneProcess(folder, kubeconfig, NAMESPACE, self.new_url())
        self.place.take_templates(**FIXED)
        self.proxy.let_all_pass()
        self.proxy.forget_effects()
        what, when = mode.split("-")

        def fault(request: Request) -> Fault:
            if request.effect != number or number == 0:
                return None
            if what == "request":
                process.kill()
            return Connection.BREAKS

        if what != "commit":
            setattr(self.proxy, when, fault)
        deadly = str(number if what == "commit" else 0)
        mortal = {"MORTAL_COMMIT": deadly, "MORTAL_WHEN": when, "MORTAL_RECORD": str(folder / "commits")}
        process.start(program=[mortal_serve.__file__], environment=mortal)
        return Life(self.place, self.proxy, process)

    def live(self, mode: str, number: int) -> tuple[int, Mapping[str, int]]:
        """Live one to its end; how many died, and how many effects of each kind there were."""
        life = self.life(mode, number)
        try:
            life.live()
        except BaseException:
            life.process.stop()
            life.clear()
            raise
        life.process.stop()
        commits = len((life.process.folder / "commits").read_bytes())
        shutil.rmtree(life.process.folder)
        requests = len(self.proxy.effects)
        return life.deaths, {"request": requests, "answer": requests, "commit": commits}


@pytest.fixture
def deadly(new_url: Callable[[], str], place: Place, tmp_path: Path) -> Iterator[Deadly]:
    """Over databases of each kind; strangers keep what they have."""
    before = strangers(place)
    with Proxy(place.cluster.plane.api) as proxy:
        yield Deadly(place, proxy, tmp_path, new_url)
    assert strangers(place) == before, "somebody else's object was changed"


def strangers(place: Place) -> dict[str, Any]:
    """What is not ours."""
    return {key: live for key, live in place.objects().items() if key.endswith(STRANGERS)}


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Mapping[str, int]]:
    """How many effects a life without a death has, by the kind of database: it is lived once."""
    return {}


@pytest.mark.parametrize("mode", ["request-before", "request-after", "answer-after", "commit-before", "commit-after"])
def test_death_at_any_effect_loses_nothing(
    deadly: Deadly, undisturbed: dict[str, Mapping[str, int]], mode: str, extent: Callable[[int, int], int]
) -> None:
    """Before a request is passed on, after it without its answer, and before and after each commit.

    `answer-after` kills nobody: the answer is lost, and the process has to find out what was done.
    """
    kind = deadly.new_url().partition(":")[0]
    if kind not in undisturbed:
        deaths, undisturbed[kind] = deadly.live(mode, 0)
        assert deaths == 0
    count = undisturbed[kind][mode.partition("-")[0]]
    assert count >= LEAST_EFFECTS
    tried = range(1, count + 1, extent(-(-count // SAMPLE), 1))
    died = sum(deadly.live(mode, number)[0] for number in tried)
    # The last ones come or not, as a status is written when something is seen.
    assert died >= (0 if mode.startswith("answer") else len(tried) - 2)


def test_who_takes_over_after_a_death_is_as_fast_as_promised(deadly: Deadly) -> None:
    """Although the time of the one that died has to be over first: it is killed before its second request."""
    life = deadly.life("request-before", 2)
    life.waits_for_the_lead = True
    try:
        life.live()
    finally:
        life.process.stop()
    assert life.deaths == 1
