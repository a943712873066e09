"""Plans carried out on simulated objects, values instead of a database: an executor without its faults."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from temporal_endpoints.planning.actions import Action, Create, Delete, Finish, Forget, Hold, Plan, Update
from temporal_endpoints.planning.documents import Document
from temporal_endpoints.planning.ownership import Managers, filled_digest, settled_digest, uid_of
from temporal_endpoints.planning.plan import plan
from temporal_endpoints.records.model import ObjectKey, ObjectRecord, Snapshot

from .simulated_cluster import SimulatedCluster

OURS = Managers.of("abc123")


@dataclass
class CarriedOut:
    """One endpoint between its records and the cluster."""

    snapshot: Snapshot
    cluster: SimulatedCluster = field(default_factory=SimulatedCluster)
    finished: bool = False

    def plan(self, documents: dict[ObjectKey, Document]) -> Plan:
        """What is to be done now."""
        return plan(self.snapshot, documents, self.cluster.all(), OURS)

    def settle(self, documents: dict[ObjectKey, Document], rounds: int = 12) -> Plan:
        """Plan and act until nothing is left to do; what terminates vanishes in between."""
        for _ in range(rounds):
            made = self.plan(documents)
            if not made.actions and not made.waiting:
                return made
            for action in made.actions:
                self.act(action)
            if self.finished:
                return made
            for key, live in self.cluster.all().items():
                if live["metadata"].get("deletionTimestamp"):
                    self.cluster.vanish(key)
        raise AssertionError(f"after {rounds} rounds there is still something to do: {made}")

    def act(self, action: Action, *, recorded: bool = True) -> None:
        """Do one thing; without `recorded` the process dies before it writes what it did."""
        match action:
            case Create(key, document):
                self._record(ObjectRecord(key))
                asked = {**action.begun, "metadata": {**document["metadata"], "resourceVersion": "1"}}
                self._apply(key, document, asked, recorded=recorded)
            case Update(key, document, uid):
                asked = {**document, "metadata": {**document["metadata"], "uid": uid}}
                self._apply(key, document, asked, recorded=recorded)
            case Hold(key, uid, replicas):
                metadata = {"name": key.name, "namespace": key.namespace, "uid": uid}
                body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata}
                self.cluster.apply({**body, "spec": {"replicas": replicas}}, OURS.hold)
            case Delete(key, uid):
                self.cluster.delete(key, uid)
            case Forget(key):
                self._forget(key)
            case Finish():
                self.finished = True

    def _apply(self, key: ObjectKey, document: Document, asked: Document, *, recorded: bool) -> None:
        live = self.cluster.apply(asked, OURS.main)
        if recorded:
            self._record(ObjectRecord(key, uid_of(live), filled_digest(document), settled_digest(document, live)))

    def _record(self, record: ObjectRecord) -> None:
        self._forget(record.key)
        self.snapshot = replace(self.snapshot, objects=(*self.snapshot.objects, record))

    def _forget(self, key: ObjectKey) -> None:
        left = tuple(each for each in self.snapshot.objects if each.key != key)
        self.snapshot = replace(self.snapshot, objects=left)
