"""Whatever disturbs the way to the cluster: when it has passed, the cluster holds what is recorded, and is told so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_cluster.api import Reference
from local_cluster.processes import wait_until

from .api_server_proxy import Connection, Fault, Proxy, Request
from .conftest import ROOT, WORKER
from .control_plane_process import ENDPOINTS, SECONDS, AnswerError, ControlPlaneProcess, bundle, wish
from .kubernetes_alone import TEMPLATES, KubernetesAlone, Place

NAMESPACE = "disturbed"
DEPLOYMENT_KEY = "deployment-runnable-image-temporal-cpu.yaml"


@pytest.fixture(scope="module")
def cluster() -> Iterator[KubernetesAlone]:
    """A cluster for this module alone, since its API server is restarted."""
    with KubernetesAlone(logs=ROOT / "build" / "e2e" / os.environ.get(WORKER, "") / "disturbed") as started:
        yield started


@dataclass
class Served:
    """A running control plane behind a proxy, and the endpoint that it was asked for."""

    place: Place
    proxy: Proxy
    process: ControlPlaneProcess
    endpoint_id: str = ""
    bundle_id: str = ""

    @property
    def path(self) -> str:
        """The endpoint's own."""
        return f"{ENDPOINTS}/{self.endpoint_id}"

    @property
    def deployment(self) -> Reference:
        """Where its Deployment is."""
        name = f"launch-endpoint-id-{self.endpoint_id.replace('_', '-')}"
        return Reference("apps/v1", "Deployment", self.place.name, name)

    def create(self, **changes: Any) -> None:
        """Ask for an endpoint."""
        self.bundle_id = self.process.ask("POST", "/v2/model-bundles", bundle())["model_bundle_id"]
        self.endpoint_id = self.process.ask("POST", ENDPOINTS, wish(self.bundle_id, **changes))["endpoint_id"]

    def update(self, **changes: Any) -> None:
        """Ask for something else."""
        self.process.ask("PUT", self.path, changes)

    def get(self) -> dict[str, Any]:
        """What is said of it."""
        return self.process.ask("GET", self.path)

    def wait_for(self, status: str, reason: str = "") -> dict[str, Any]:
        """Wait for a status of the newest generation, and for a reason among its conditions."""
        seen: dict[str, Any] = {}

        def is_reached() -> bool:
            seen.update(self.get())
            reasons = [each["reason"] for each in seen["conditions"]]
            is_newest = seen["observed_generation"] == seen["generation"]
            return bool(is_newest and seen["status"] == status and (not reason or reason in reasons))

        wait_until(f"it is {status} {reason}", is_reached, seconds=SECONDS)
        return seen

    def live(self) -> dict[str, Any] | None:
        """Its Deployment."""
        return self.place.cluster.plane.api.find(self.deployment)

    def replicas(self) -> int:
        """How many workers its Deployment asks for; none if there is none."""
        live = self.live()
        return int(live["spec"]["replicas"]) if live else 0

    def wait_for_replicas(self, count: int) -> None:
        """Wait until its Deployment asks for so many."""
        wait_until(f"{count} replicas", lambda: self.replicas() == count, seconds=SECONDS)

    def wait_for_another(self, lost: dict[str, Any] | None) -> None:
        """Wait until there is a Deployment that is not this one, which may be seen for a while after its deletion."""
        assert lost

        def is_there() -> bool:
            live = self.live()
            return live is not None and bool(live["metadata"]["uid"] != lost["metadata"]["uid"])

        wait_until("there is another Deployment", is_there, seconds=SECONDS)

    def delete(self) -> None:
        """Ask for its end, and wait for it."""
        self.process.ask("DELETE", self.path)

        def is_gone() -> bool:
            try:
                self.get()
            except AnswerError as error:
                return error.status == 404
            return False

        wait_until("it is gone", is_gone, seconds=SECONDS)
        assert self.place.objects() == {}
        self.endpoint_id = ""


@pytest.fixture
def place(cluster: KubernetesAlone) -> Place:
    """The namespace with the chart's objects."""
    made = Place(cluster, NAMESPACE)
    made.prepare(scaling="fixed")
    return made


@pytest.fixture
def served(place: Place, tmp_path: Path) -> Iterator[Served]:
    """A running control plane; what it has made is gone afterwards."""
    with Proxy(place.cluster.plane.api) as proxy:
        process = ControlPlaneProcess(tmp_path / "own", proxy.kubeconfig(tmp_path / "kubeconfig", NAMESPACE), NAMESPACE)
        process.start()
        made = Served(place, proxy, process)
        try:
            yield made
            proxy.let_all_pass()
            if made.endpoint_id:
                made.delete()
        finally:
            process.stop()
            for key in place.objects():
                place.remove(key)
    shutil.rmtree(tmp_path / "own")


def ready(served: Served, **changes: Any) -> None:
    """An endpoint whose workers run."""
    served.create(**changes)
    served.wait_for("READY")


def test_held_watches_are_believed_no_more_than_they_tell(served: Served) -> None:
    """An update is carried out and not called READY; what was missed is mended when they tell again."""
    ready(served)
    served.proxy.hold_watches()
    served.update(max_workers=2)
    served.wait_for_replicas(2)
    wait_until("two run", lambda: (served.live() or {})["status"].get("readyReplicas") == 2, seconds=SECONDS)
    assert served.get()["status"] != "READY"
    served.place.cluster.plane.api.delete(served.deployment)
    wait_until("it is deleted", lambda: served.live() is None, seconds=SECONDS)
    served.proxy.release_watches()
    served.wait_for_replicas(2)
    served.wait_for("READY")


def test_dropped_watches_are_begun_again(served: Served) -> None:
    """Where they ended, so that nothing is missed."""
    served.create()
    for _ in range(3):
        served.proxy.drop_watches()
    served.wait_for("READY")
    lost = served.live()
    served.proxy.drop_watches()
    served.place.cluster.plane.api.delete(served.deployment)
    served.wait_for_another(lost)
    served.wait_for("READY")


def test_expired_watches_list_again(served: Served) -> None:
    """What was deleted while nobody watched is noticed, whether the watch tells it (410) or its answer does."""
    ready(served)
    refused: list[str] = []

    def refuse_watches(request: Request) -> Fault:
        # Three of them; then the list has told what was missed.
        if request.is_watch and len(refused) < 3:
            refused.append(request.path)
            return 410
        return None

    lost = served.live()
    served.proxy.before = refuse_watches
    served.place.cluster.plane.api.delete(served.deployment)
    served.proxy.expire_watches()
    served.wait_for_another(lost)
    served.wait_for("READY")
    wait_until("three watches were refused", lambda: len(refused) == 3, seconds=SECONDS)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_refusals_are_told_and_tried_again(served: Served, status: int) -> None:
    """Until the server takes what is asked; what runs meanwhile goes on."""
    told = ("UPDATE_FAILED", "Forbidden") if status == 403 else ("UPDATE_IN_PROGRESS", "ServerBusy")
    ready(served)
    served.proxy.before = lambda request: status if request.effect else None
    served.update(max_workers=2)
    served.wait_for(*told)
    assert served.replicas() == 1
    served.proxy.let_all_pass()
    served.wait_for_replicas(2)
    served.wait_for("READY")


@pytest.mark.parametrize("lost", ["before", "after"])
def test_lost_requests_and_answers_do_no_harm(served: Served, lost: str) -> None:
    """Every second one is lost, from the endpoint's beginning to its end."""

    def lose(request: Request) -> Fault:
        return Connection.BREAKS if request.effect % 2 else None

    setattr(served.proxy, lost, lose)
    served.create()
    served.wait_for("READY")
    served.update(temporal_task_queue="another")
    served.wait_for("READY")
    assert served.proxy.effects
    served.delete()


def test_api_server_comes_back(served: Served, cluster: KubernetesAlone) -> None:
    """An update that is asked for meanwhile is acknowledged, told to wait, and carried out."""
    ready(served)
    cluster.plane.api_server.kill()
    served.update(max_workers=2)
    served.wait_for("UPDATE_IN_PROGRESS", "ServerUnreachable")
    cluster.plane.start_api_server()
    served.wait_for_replicas(2)
    served.wait_for("READY")


def test_missing_namespace_is_told_and_filled_when_it_is_back(served: Served) -> None:
    """The records rebuild everything, from the templates that they hold."""
    ready(served)
    api = served.place.cluster.plane.api
    namespace = Reference("v1", "Namespace", None, NAMESPACE)
    api.delete(namespace)
    wait_until("the namespace is gone", lambda: api.find(namespace) is None, seconds=SECONDS)
    wait_until("it is told", lambda: served.get()["status"] != "READY", seconds=SECONDS)
    served.place.prepare(scaling="fixed")
    served.wait_for_replicas(1)
    served.wait_for("READY")


def test_missing_key_of_the_templates_is_told(served: Served) -> None:
    """In the status too. Neither a new endpoint nor a restart is accepted; what runs goes on, and may be changed."""
    ready(served)
    api = served.place.cluster.plane.api
    where = Reference("v1", "ConfigMap", NAMESPACE, TEMPLATES)
    api.patch(where, {"data": {DEPLOYMENT_KEY: None}})

    def refusal() -> str:
        try:
            served.process.ask("POST", f"{served.path}/restart")
        except AnswerError as error:
            return str(error)
        return ""

    def told() -> bool:
        return any(each["reason"] == "TemplateMissing" for each in served.get()["conditions"])

    wait_until("it is refused", refusal, seconds=SECONDS)
    assert DEPLOYMENT_KEY in refusal()
    wait_until("the status says it", told, seconds=SECONDS)
    with pytest.raises(AnswerError, match=DEPLOYMENT_KEY):
        served.process.ask("POST", ENDPOINTS, wish(served.bundle_id, name="other"))
    served.update(max_workers=2)
    served.wait_for_replicas(2)
    served.wait_for("READY")


def test_name_of_a_stranger_is_left_alone(served: Served) -> None:
    """Their object stands where ours should: it is told, it stays as it is, and the place is used when it is free."""
    theirs: list[dict[str, Any]] = []

    def be_faster(request: Request) -> Fault:
        if request.effect == 1 and not theirs:
            theirs.append(served.place.put_stranger(request.path.rpartition("/")[2]))
        return None

    served.proxy.before = be_faster
    served.create()
    served.wait_for("UPDATE_FAILED", "NameCollision")
    api = served.place.cluster.plane.api
    assert api.get(Reference.of(theirs[0])) == theirs[0]
    assert served.live() is None
    api.delete(Reference.of(theirs[0]))
    served.wait_for("READY")


def test_steady_state_writes_nothing(served: Served) -> None:
    """Neither to the cluster nor to the records, also when the process starts again and looks at everything."""
    ready(served)
    served.proxy.forget_effects()
    events = served.process.ask("GET", f"{served.path}/events")
    served.process.stop()
    served.process.start()
    wait_until("it has looked at it", lambda: served.process.passes() > 0, seconds=SECONDS)
    assert served.proxy.effects == []
    assert served.process.ask("GET", f"{served.path}/events") == events
