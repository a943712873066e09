"""Does what a plan says, one object at a time: what is going to be made is recorded before, what was made after.

Each is recorded by one commit for all objects of a plan, what was made together with what is said of the endpoint, if
that is all there is to do. A process that dies in between leaves objects that are ours
by their field manager and label, and whose records are there: the next one applies them again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from temporal_endpoints.kubernetes.client import Kubernetes, Object
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.planning.actions import Action, Create, Delete, Finish, Forget, Hold, Update
from temporal_endpoints.planning.documents import Document
from temporal_endpoints.planning.ownership import Managers, filled_digest, settled_digest, uid_of, version_of
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.model import Departure, ObjectKey, ObjectRecord
from temporal_endpoints.records.progress import Progress


class Executor:
    """The only one that changes the cluster."""

    def __init__(
        self, kubernetes: Kubernetes, view: View, progress: Progress, lease: Lease, managers: Managers
    ) -> None:
        self._kubernetes, self._view, self._progress = kubernetes, view, progress
        self._lease, self._managers = lease, managers

    def intend(self, endpoint_id: str, actions: Sequence[Action], known: Sequence[ObjectRecord]) -> None:
        """Record what is going to be made, before any of it is, unless it is known to be; as since the creation.

        Raises:
            NotLeadingError: another process may lead.
        """
        intents = [ObjectRecord(each.key) for each in actions if isinstance(each, Create)]
        self.settle(endpoint_id, [each for each in intents if each not in known])

    def act(self, endpoint_id: str, action: Action) -> ObjectRecord | None:
        """Do one thing; what is known of the object by then, which is to be settled.

        Raises:
            NotLeadingError: another process may lead.
            RefusedByServerError: the server refuses it; nothing was changed.
            UnreachableError: the server gave no answer.
        """
        token = self._lease.token()
        match action:
            case Create(key, document):
                return self._apply(key, document, _where(action.begun, {"resourceVersion": "1"}))
            case Update(key, document, uid):
                return self._apply(key, document, _where(document, {"uid": uid}))
            case Hold(key, uid, replicas):
                metadata = {"name": key.name, "namespace": key.namespace, "uid": uid}
                body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata}
                self._view.learn(self._kubernetes.apply({**body, "spec": {"replicas": replicas}}, self._managers.hold))
            case Delete(key, uid):
                self._kubernetes.delete(key, uid)
                # One with finalizers is still there, and terminating: the next plan waits for it.
                live = self._kubernetes.get(key)
                if live is None or uid_of(live) != uid:
                    self._view.unlearn(key, uid)
                else:
                    self._view.learn(live)
            case Forget(key):
                self._progress.forget(token, endpoint_id, key)
            case Finish():
                self._progress.finish(token, endpoint_id)
        return None

    def settle(self, endpoint_id: str, known: Sequence[ObjectRecord]) -> None:
        """Record what is known of objects, if there are any.

        Raises:
            NotLeadingError: another process may lead.
        """
        if known:
            self._progress.record(self._lease.token(), endpoint_id, known)

    def depart(self, departure: Departure) -> None:
        """Record what Temporal is to forget of a deleted endpoint, if it is not recorded yet.

        Raises:
            NotLeadingError: another process may lead.
        """
        self._progress.depart(self._lease.token(), departure)

    def sweep(self, key: ObjectKey, live: Object) -> None:
        """Remove an object of ours that no record knows.

        Raises:
            NotLeadingError: another process may lead.
        """
        self._lease.token()
        self._kubernetes.delete(key, uid_of(live))

    def _apply(self, key: ObjectKey, document: Document, asked: Document) -> ObjectRecord:
        live = self._kubernetes.apply(asked, self._managers.main)
        self._view.learn(live)
        settled = settled_digest(document, live)
        return ObjectRecord(key, uid_of(live), filled_digest(document), settled, version_of(live))


def _where(document: Document, condition: dict[str, str]) -> Document:
    """The document, to be taken only by the object that meets the condition."""
    return {**document, "metadata": {**document["metadata"], **condition}}
