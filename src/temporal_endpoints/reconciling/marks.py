"""Marks on pods: which of them a scale-in may take, and which a node's drain should leave alone.

A ReplicaSet that has to go down takes the pods of the lowest deletion cost first, among those that are ready. It is the
only hint that Kubernetes has for it, and workers need no right to write it themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.kubernetes.client import Kubernetes, RefusedByServerError, UnreachableError
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.demand import COUNTS_AS_BUSY, Work
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.planning.ownership import annotations_of
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.model import ObjectKey

_LOG = logging.getLogger(__name__)
COST = "controller.kubernetes.io/pod-deletion-cost"
_BUSY, _IDLE = "100", "0"
# The two programs that take nodes away, and what each of them asks for.
ON_NODES = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true"}
_FORBIDDEN = 403
# The pod is gone, or it is another one of that name.
_GONE = {404, 409, 422}

Live = Mapping[str, Any]


class Marks:
    """Writes annotations of pods where they have to change, if this process leads.

    Args:
        manager: the name under which the server notes which annotations are ours.
        on_nodes: whether busy pods are also to be left alone by what takes nodes away.
    """

    def __init__(self, kubernetes: Kubernetes, view: View, lease: Lease, manager: str, *, on_nodes: bool) -> None:
        self._kubernetes, self._view, self._lease = kubernetes, view, lease
        self._manager, self._on_nodes = manager, on_nodes
        self.is_forbidden = False

    def bring(self, observations: Sequence[Observation]) -> frozenset[str]:
        """Mark the pods of these endpoints as they were seen, the busy ones first.

        Returns the ids of endpoints whose pods do not bear the costs that they should, as this process does not lead or
        the server did not answer. Those whose pods may not be marked at all are not among them, as that would last.
        """
        self._write_changes(observations)
        if self.is_forbidden:
            return frozenset()
        return frozenset(
            observation.endpoint_id
            for observation in observations
            if observation.is_heard and any(COST in change for _, _, change in self._changes(observation))
        )

    def _write_changes(self, observations: Iterable[Observation]) -> None:
        changes: list[tuple[ObjectKey, Live, Mapping[str, str | None]]] = []
        for observation in observations:
            if observation.is_heard:
                changes += self._changes(observation)
        changes.sort(key=lambda change: change[2].get(COST) != _BUSY)
        try:
            for key, live, annotations in changes:
                self._lease.token()
                self._write(key, live, annotations)
        except NotLeadingError:
            return
        except UnreachableError as error:
            _LOG.warning("pods cannot be marked: %s", error)

    def _changes(self, observation: Observation) -> Sequence[tuple[ObjectKey, Live, Mapping[str, str | None]]]:
        work = observation.demand.work
        pods = {
            str(live["metadata"]["uid"]): (key, live)
            for key, live in self._view.of(observation.endpoint_id).items()
            if key.kind == "Pod"
        }
        differ = len({state in COUNTS_AS_BUSY for state in work.values()}) > 1
        changes = (
            (*pods[uid], self._change(pods[uid][1], state, differ)) for uid, state in work.items() if uid in pods
        )
        return [(key, live, change) for key, live, change in changes if change]

    def _change(self, live: Live, state: Work, differ: bool) -> Mapping[str, str | None]:
        """What has to change in a pod's annotations; None takes one away that is ours."""
        there = live["metadata"].get("annotations") or {}
        is_busy = state in COUNTS_AS_BUSY
        # Where all pods are alike, a cost chooses none of them.
        wanted: dict[str, str | None] = {COST: _BUSY if is_busy else _IDLE} if differ else {}
        if self._on_nodes and is_busy:
            wanted |= ON_NODES
        else:
            wanted |= dict.fromkeys(ON_NODES.keys() & annotations_of(live, self._manager))
        # Without a cost a pod is as cheap as one that is idle.
        before = {COST: _IDLE, **there}
        return {name: value for name, value in wanted.items() if before.get(name) != value}

    def _write(self, key: ObjectKey, live: Live, annotations: Mapping[str, str | None]) -> None:
        try:
            self._view.learn(self._kubernetes.annotate(key, str(live["metadata"]["uid"]), annotations, self._manager))
        except RefusedByServerError as error:
            if error.status in _GONE:
                return
            if error.status == _FORBIDDEN:
                self.is_forbidden = True
            _LOG.warning("%s cannot be marked: %s", key, error)
        else:
            self.is_forbidden = False
