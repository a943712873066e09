"""The plan: from a record, its documents and what is seen of the cluster to what is to be done. It changes nothing.

- What is there and as it should be is left alone: nothing changed means no action.
- Objects are made and changed in order, ConfigMaps before the Deployment that mounts them; removed, the other way.
- A document that is no longer there takes its object away, and so does a deletion.
- The number of replicas has one owner. Left out, the server sets a field back to 1 unless another manager owns it too:
  so a second manager holds the live number until the scaler writes one (fixed -> keda). And the scaler has to be gone
  before the number is ours again, as it would go on below it (keda -> fixed). A new Deployment begins with the scaler's
  minimum: the server would begin with one worker, which a scaler at zero then stops.
- What belongs to somebody else is neither changed nor removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporal_endpoints.planning.actions import Action, Create, Delete, Finish, Forget, Hold, Plan, Update
from temporal_endpoints.planning.documents import Document, rank
from temporal_endpoints.planning.ownership import (
    Managers,
    filled_digest,
    is_ours,
    is_terminating,
    owns_replicas,
    settled_digest,
    uid_of,
    version_of,
)
from temporal_endpoints.planning.scaler import SCALER
from temporal_endpoints.records.model import ObjectKey, ObjectRecord, Snapshot

Live = Mapping[str, Any]


def plan(
    snapshot: Snapshot, documents: Mapping[ObjectKey, Document], observed: Mapping[ObjectKey, Live], managers: Managers
) -> Plan:
    """What is to be done for an endpoint.

    Args:
        snapshot: the endpoint as it is recorded.
        documents: what the cluster is to hold, in order; what it holds counts for nothing if the endpoint is deleted.
        observed: what it holds, by place: what bears the endpoint's label, and what is where the documents belong.
        managers: how the server names us.
    """
    return _Planner(snapshot, documents, observed, managers).plan()


class _Planner:
    def __init__(
        self,
        snapshot: Snapshot,
        documents: Mapping[ObjectKey, Document],
        observed: Mapping[ObjectKey, Live],
        managers: Managers,
    ) -> None:
        self._endpoint_id = snapshot.endpoint.id
        self._has_builds = snapshot.endpoint.build is not None
        self._deleted = snapshot.endpoint.deleted_at is not None
        self._documents = {} if self._deleted else documents
        self._records = {each.key: each for each in snapshot.objects}
        self._observed = observed
        self._managers = managers
        self._actions: list[Action] = []
        self._waiting: list[ObjectKey] = []
        self._collisions: list[ObjectKey] = []

    def plan(self) -> Plan:
        self._remove()
        for key, document in self._documents.items():
            if not self._bring(key, document):
                break
        if self._deleted and not self._actions and not self._waiting:
            self._actions.append(Finish())
        return Plan(tuple(self._actions), tuple(self._waiting), tuple(self._collisions))

    def _remove(self) -> None:
        """What should not be there: recorded, or ours by label and manager."""
        ours = {key for key, live in self._observed.items() if is_ours(live, self._endpoint_id, self._managers)}
        unwanted = (self._records.keys() | ours) - self._documents.keys()
        for key in sorted(unwanted, key=rank, reverse=True):
            live = self._observed.get(key)
            if live is None or not self._is_known(key, live):
                self._actions.append(Forget(key))
                continue
            self._waiting.append(key)
            if not is_terminating(live):
                self._actions.append(Delete(key, uid_of(live)))

    def _bring(self, key: ObjectKey, document: Document) -> bool:
        """Bring one object to its document; whether what comes after it may follow."""
        live = self._observed.get(key)
        if live is None:
            if self._scaler_acts(document):
                return False
            self._actions.append(Create(key, document, self._begins_with(document)))
            return True
        if not self._is_known(key, live):
            self._collisions.append(key)
            return False
        if is_terminating(live):
            self._waiting.append(key)
            return False
        if _is_settled(self._records.get(key), document, live):
            return True
        if self._scaler_acts(document):
            return False
        if _leaves_replicas(document) and owns_replicas(live, self._managers):
            self._actions.append(Hold(key, uid_of(live), live["spec"]["replicas"]))
        self._actions.append(Update(key, document, uid_of(live)))
        return True

    def _begins_with(self, document: Document) -> int | None:
        """How many workers the scaler of a new Deployment would have at the least; None if a scaler does not decide."""
        if not _leaves_replicas(document):
            return None
        for scaler in self._documents.values():
            if scaler["kind"] == SCALER and _target_of(scaler) == document["metadata"]["name"]:
                # KEDA's default is 0: https://keda.sh/docs/2.21/reference/scaledobject-spec/
                least = scaler["spec"].get("idleReplicaCount", scaler["spec"].get("minReplicaCount", 0))
                if not isinstance(least, int):
                    return None
                # Temporal knows a build only when one of its workers has polled.
                return max(least, 1) if self._has_builds else least
        return None

    def _is_known(self, key: ObjectKey, live: Live) -> bool:
        """Whether the object is the recorded one, or ours although the record was not written any more."""
        record = self._records.get(key)
        return (record is not None and record.uid == uid_of(live)) or is_ours(live, self._endpoint_id, self._managers)

    def _scaler_acts(self, document: Document) -> bool:
        """Whether the document takes the replicas while a scaler that has to go is still there."""
        takes = document["kind"] == "Deployment" and not _leaves_replicas(document)
        return takes and any(key.kind == SCALER for key in self._waiting)


def _target_of(scaler: Document) -> object:
    return ((scaler.get("spec") or {}).get("scaleTargetRef") or {}).get("name")


def _leaves_replicas(document: Document) -> bool:
    return document["kind"] == "Deployment" and "replicas" not in document["spec"]


def _is_settled(record: ObjectRecord | None, document: Document, live: Live) -> bool:
    if record is None or record.uid != uid_of(live):
        return False
    # It was applied in this very look, from this very document, and is as the server answered: digests tell no more.
    if record.version is not None and record.version == version_of(live):
        return True
    return record.filled == filled_digest(document) and record.settled == settled_digest(document, live)
