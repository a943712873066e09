"""Requests and faults in any order: the records are what was acknowledged, and the cluster becomes what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.identifier import resource_name
from temporal_endpoints.kubernetes.client import RefusedByServerError, UnreachableError
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.planning.ownership import filled_digest, uid_of
from temporal_endpoints.records.model import DELETE_IN_PROGRESS, READY, ObjectKey
from temporal_endpoints.records.progress import Progress

from .asked import ENDPOINTS, Asked, basic
from .mortal_process import MOST_PASSES, OF_THE_CLUSTER, Died, Process, Steps, World, die, worlds
from .recorded import NAMESPACE
from .snapshots import FIXED, KEDA
from .test_plan_in_any_order import within

OWNERS, NAMES, QUEUES = ("speech", "vision"), ("one", "two"), ("a", "b c", 'the "c" queue')
STRANGER, THEIRS = "kubectl", {"whose": "theirs"}
MOST_EFFECTS = 16
STATUSES = (403, 429, 500, 503)
DEPLOYMENT = "Deployment"


@dataclass
class Wanted:
    """An endpoint as its owner was told that it is."""

    owner: str
    name: str
    # Of each generation: the queue, the most workers, the templates, and how many restarts it has seen.
    generations: list[tuple[str, int, str, int]] = field(default_factory=list)
    is_deleted: bool = False


class Requests(RuleBasedStateMachine):
    """Two owners with endpoints of the same names, two processes of which one acts, strangers, and faults."""

    new_world: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self.world = self.new_world()
        self.asked = Asked(self.world.database)
        self.bundle_ids = {owner: self.asked.bundle(owner) for owner in OWNERS}
        self.texts = "fixed"
        self.wanted: dict[str, Wanted] = {}
        self.strangers: dict[ObjectKey, str] = {}
        self.processes = [Process(self.world), Process(self.world)]

    def living(self) -> list[str]:
        """The endpoints that were not deleted."""
        return [endpoint_id for endpoint_id, wanted in self.wanted.items() if not wanted.is_deleted]

    @rule(owner=st.sampled_from(OWNERS), name=st.sampled_from(NAMES), queue=st.sampled_from(QUEUES))
    def create(self, owner: str, name: str, queue: str) -> None:
        """An owner has one living endpoint of a name; a deleted one's name is free."""
        taken = any(self.wanted[each].owner == owner and self.wanted[each].name == name for each in self.living())
        body = self.asked.wish(
            owner, name=name, temporal_task_queue=queue, max_workers=2, model_bundle_id=self.bundle_ids[owner]
        )
        answer = self.asked("POST", ENDPOINTS, body, user=owner, status=400 if taken else 200)
        if not taken:
            self.wanted[answer["endpoint_id"]] = Wanted(owner, name, [(queue, 2, self.texts, 0)])

    @precondition(lambda self: self.wanted)
    @rule(data=st.data(), queue=st.sampled_from(QUEUES), workers=st.integers(1, 4))
    def update(self, data: st.DataObject, queue: str, workers: int) -> None:
        """What changes something is a generation; what does not is none; one that is deleted is not found."""
        self.request_update(data.draw(st.sampled_from(list(self.wanted))), queue, workers)

    def request_update(self, endpoint_id: str, queue: str, workers: int) -> None:
        """Ask for it, and note what is acknowledged."""
        wanted = self.wanted[endpoint_id]
        changes = {"temporal_task_queue": queue, "max_workers": workers}
        status = 404 if wanted.is_deleted else 200
        answer = self.asked("PUT", f"{ENDPOINTS}/{endpoint_id}", changes, user=wanted.owner, status=status)
        if status == 200:
            newest = wanted.generations[-1]
            if newest[:2] != (queue, workers):
                wanted.generations.append((queue, workers, *newest[2:]))
            assert answer["generation"] == len(wanted.generations)

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def restart(self, data: st.DataObject) -> None:
        """A restart takes the templates as they are now."""
        endpoint_id = data.draw(st.sampled_from(self.living()))
        wanted = self.wanted[endpoint_id]
        answer = self.asked("POST", f"{ENDPOINTS}/{endpoint_id}/restart", user=wanted.owner)
        queue, workers, _, _ = wanted.generations[-1]
        wanted.generations.append((queue, workers, self.texts, len(wanted.generations)))
        assert answer["generation"] == len(wanted.generations)

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        """Any generation can be had again, with its templates."""
        endpoint_id = data.draw(st.sampled_from(self.living()))
        wanted = self.wanted[endpoint_id]
        generation = data.draw(st.integers(1, len(wanted.generations)))
        self.asked("POST", f"{ENDPOINTS}/{endpoint_id}/rollback", {"generation": generation}, user=wanted.owner)
        if wanted.generations[generation - 1] != wanted.generations[-1]:
            wanted.generations.append(wanted.generations[generation - 1])

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """What is deleted stays deleted."""
        self.request_deletion(data.draw(st.sampled_from(self.living())))

    def request_deletion(self, endpoint_id: str) -> None:
        """Ask for it, and note that it is acknowledged."""
        wanted = self.wanted[endpoint_id]
        self.asked("DELETE", f"{ENDPOINTS}/{endpoint_id}", user=wanted.owner)
        wanted.is_deleted = True

    @rule(texts=st.sampled_from(["fixed", "keda"]))
    def upgrade_the_chart(self, texts: str) -> None:
        """What is there keeps its templates."""
        self.texts, self.asked.texts = texts, dict(FIXED if texts == "fixed" else KEDA)

    @precondition(lambda self: self.wanted)
    @rule(
        data=st.data(),
        process=st.integers(0, 1),
        at=st.integers(0, MOST_EFFECTS),
        what=st.sampled_from(["die", "lose", "refuse", "update", "delete", "take place", "remove"]),
    )
    def act(self, data: st.DataObject, process: int, at: int, what: str) -> None:
        """One process makes a pass; before or after one of its effects something happens."""
        endpoint_id = data.draw(st.sampled_from(list(self.wanted)))
        status = data.draw(st.sampled_from(STATUSES))

        def happens(effect: str, is_done: bool) -> None:
            match what:
                case "die":
                    die(effect, is_done)
                case "lose":
                    raise (UnreachableError if effect in OF_THE_CLUSTER else RecordsError)("no answer")
                case "refuse" if effect in OF_THE_CLUSTER and not is_done:
                    raise RefusedByServerError(status, "", "not now")
                case "update":
                    self.request_update(endpoint_id, QUEUES[1], 4)
                case "delete" if not self.wanted[endpoint_id].is_deleted:
                    self.request_deletion(endpoint_id)
                case "take place":
                    self.strangers_take(ObjectKey("apps/v1", DEPLOYMENT, NAMESPACE, resource_name(endpoint_id)))
                case "remove":
                    self.somebody_removes(ObjectKey("apps/v1", DEPLOYMENT, NAMESPACE, resource_name(endpoint_id)))

        try:
            self.processes[process].look_at(endpoint_id, Steps(at, happens))
        except Died:
            self.processes[process] = Process(self.world)

    @rule(process=st.integers(0, 1))
    def watches_tell(self, process: int) -> None:
        """What happened until now is seen; until then a process knows what it saw last."""
        self.processes[process].look()

    @precondition(lambda self: self.wanted)
    @rule(data=st.data())
    def workers_run(self, data: st.DataObject) -> None:
        """All replicas of a Deployment of ours run, and its status says so."""
        name = resource_name(data.draw(st.sampled_from(list(self.wanted))))
        key = ObjectKey("apps/v1", DEPLOYMENT, NAMESPACE, name)
        live = self.world.api.cluster.get(key)
        if live is not None and key not in self.strangers:
            counts = dict.fromkeys(("replicas", "availableReplicas", "updatedReplicas"), live["spec"]["replicas"])
            status = {"observedGeneration": live["metadata"]["generation"], **counts}
            with self.world.api.changed:
                self.world.api.cluster.write(key, "kube-controller-manager", ("status",), status)

    @precondition(lambda self: self.world.api.cluster.stored)
    @rule(data=st.data(), is_held=st.booleans())
    def remove(self, data: st.DataObject, is_held: bool) -> None:
        """Somebody removes an object of ours, at once or with a finalizer that holds it."""
        key = data.draw(st.sampled_from(list(self.world.api.cluster.stored)))
        if is_held and key not in self.strangers:
            with self.world.api.changed:
                self.world.api.cluster.write(key, STRANGER, ("metadata", "finalizers"), ["example.com/wait"])
        self.somebody_removes(key)

    def somebody_removes(self, key: ObjectKey) -> None:
        """The object goes, unless it is a stranger's."""
        with self.world.api.changed:
            if key in self.world.api.cluster.stored and key not in self.strangers:
                self.world.api.cluster.delete(key)

    @precondition(lambda self: self.world.api.cluster.stored)
    @rule(data=st.data(), value=st.integers(0, 9))
    def meddle(self, data: st.DataObject, value: int) -> None:
        """Somebody changes a field of ours."""
        key = data.draw(st.sampled_from(list(self.world.api.cluster.stored)))
        changed = ("spec", "replicas") if key.kind == DEPLOYMENT else ("metadata", "labels", "endpoint_name")
        if key not in self.strangers:
            with self.world.api.changed:
                self.world.api.cluster.write(key, STRANGER, changed, value)

    @precondition(lambda self: self.wanted)
    @rule(data=st.data(), kind=st.sampled_from([("v1", "ConfigMap"), ("apps/v1", DEPLOYMENT)]))
    def take_place(self, data: st.DataObject, kind: tuple[str, str]) -> None:
        """Somebody else's object stands where ours should."""
        name = resource_name(data.draw(st.sampled_from(list(self.wanted))))
        self.strangers_take(ObjectKey(*kind, NAMESPACE, name))

    def strangers_take(self, key: ObjectKey) -> None:
        """The place, if it is free."""
        with self.world.api.changed:
            if key not in self.world.api.cluster.stored:
                metadata = {"name": key.name, "namespace": NAMESPACE}
                body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata, "data": THEIRS}
                self.strangers[key] = uid_of(self.world.api.cluster.apply(body, STRANGER))

    @rule()
    def strangers_leave(self) -> None:
        """They take their objects away."""
        with self.world.api.changed:
            for key in self.strangers:
                self.world.api.cluster.vanish(key)
        self.strangers.clear()

    @rule()
    def settle(self) -> None:
        """When faults and strangers have gone, the cluster holds what the records ask for, and nothing is written."""
        self.strangers_leave()
        process = Process(self.world)
        for endpoint_id in self.wanted:
            for _ in range(MOST_PASSES):
                # What no record knows and somebody holds is waited for by nobody, and may be all that is left.
                is_done = not process.look_at(endpoint_id, Steps())
                if not self.world.finalizers_end() and is_done:
                    break
                process.look()
        snapshots = [Progress(self.world.database).snapshot(endpoint_id) for endpoint_id in self.living()]
        assert Progress(self.world.database).endpoint_ids() == self.living()
        expected: dict[ObjectKey, Document] = {}
        for snapshot in snapshots:
            assert snapshot is not None
            documents = documents_of(snapshot.endpoint, snapshot.texts)
            uids = {key: uid_of(live) for key, live in self.world.api.cluster.all().items() if key in documents}
            assert {each.key: each.uid for each in snapshot.objects} == uids
            expected |= documents
        live = self.world.api.cluster.all()
        assert live.keys() == expected.keys()
        assert all(within(document, live[key]) for key, document in expected.items())
        writes = list(self.world.api.writes)
        for endpoint_id in self.wanted:
            Process(self.world).look_at(endpoint_id, Steps())
        assert self.world.api.writes == writes

    @invariant()
    def answers_are_what_was_acknowledged(self) -> None:
        """Each owner reads their own endpoints, as they were told that these are, and nobody else's."""
        for endpoint_id, wanted in self.wanted.items():
            path = f"{ENDPOINTS}/{endpoint_id}"
            self.asked("GET", path, user=next(owner for owner in OWNERS if owner != wanted.owner), status=404)
            answer = self.asked.client.get(path, headers=basic(wanted.owner))
            if wanted.is_deleted:
                assert answer.status_code == 404 or answer.json()["status"] == DELETE_IN_PROGRESS
                continue
            seen = answer.json()
            told = (seen["temporal_task_queue"], seen["deployment_state"]["max_workers"], seen["generation"])
            assert told == (*wanted.generations[-1][:2], len(wanted.generations))

    @invariant()
    def ready_speaks_of_the_newest_generation(self) -> None:
        """Each of its documents was applied."""
        for endpoint_id in self.living():
            snapshot = Progress(self.world.database).snapshot(endpoint_id)
            assert snapshot is not None
            if snapshot.endpoint.status == READY:
                documents = documents_of(snapshot.endpoint, snapshot.texts)
                filled = {key: filled_digest(document) for key, document in documents.items()}
                assert {each.key: each.filled for each in snapshot.objects} == filled
                assert snapshot.endpoint.observed_generation == snapshot.endpoint.generation

    @invariant()
    def strangers_keep_theirs(self) -> None:
        """What is somebody else's is never touched."""
        for key, uid in self.strangers.items():
            live = self.world.api.cluster.get(key)
            assert live is not None
            assert (uid_of(live), live["data"], len(live["metadata"]["managedFields"])) == (uid, THEIRS, 1)


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Makes worlds."""
    with worlds(tmp_path) as make:
        yield make


def test_requests_and_faults_in_any_order(new_world: Callable[[], World], extent: Callable[[int, int], int]) -> None:
    """Whatever is asked, dies, gets lost, is refused, is stale or is somebody else's."""

    class Here(Requests):
        pass

    Here.new_world = staticmethod(new_world)
    tried = settings(
        max_examples=extent(25, 1000),
        stateful_step_count=extent(25, 50),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Here, settings=tried)
