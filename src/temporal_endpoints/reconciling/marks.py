"""Marks on pods: which of them a scale-in may take, and which a node's drain should leave alone.

A ReplicaSet that has to go down takes the pods of the lowest deletion cost first, among those that are ready. It is the
only hint that Kubernetes has for it, and workers need no right to write it themselves. What drains may take is in
`planning.drains`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.kubernetes.client import Kubernetes, RefusedByServerError, UnreachableError
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.demand import COUNTS_AS_BUSY, Work
from temporal_endpoints.observing.protection import Observation
from temporal_endpoints.planning.drains import IDLE
from temporal_endpoints.planning.ownership import annotations_of, labels_of
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


@dataclass(frozen=True)
class _Change:
    """What has to change in a pod's annotations and labels; None takes one away that is ours."""

    key: ObjectKey
    live: Live
    is_busy: bool
    annotations: Mapping[str, str | None]
    labels: Mapping[str, str | None]


class Marks:
    """Writes annotations of pods where they have to change, if this process leads.

    Args:
        manager: the name under which the server notes which annotations are ours.
        on_nodes: whether busy pods are also to be left alone by what takes nodes away.
        for_drains: whether idle pods are also to bear the label by which a drain may take them.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        view: View,
        lease: Lease,
        manager: str,
        *,
        on_nodes: bool = False,
        for_drains: bool = False,
    ) -> None:
        self._kubernetes, self._view, self._lease = kubernetes, view, lease
        self._manager, self._on_nodes, self._for_drains = manager, on_nodes, for_drains
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
            if observation.is_heard and any(COST in change.annotations for change in self._changes(observation))
        )

    def _write_changes(self, observations: Iterable[Observation]) -> None:
        changes = [
            change for observation in observations if observation.is_heard for change in self._changes(observation)
        ]
        try:
            for change in sorted(changes, key=lambda change: not change.is_busy):
                self._lease.token()
                self._write(change)
        except NotLeadingError:
            return
        except UnreachableError as error:
            _LOG.warning("pods cannot be marked: %s", error)

    def _changes(self, observation: Observation) -> Sequence[_Change]:
        work = observation.demand.work
        pods = {
            str(live["metadata"]["uid"]): (key, live)
            for key, live in self._view.of(observation.endpoint_id).items()
            if key.kind == "Pod"
        }
        differ = len({state in COUNTS_AS_BUSY for state in work.values()}) > 1
        changes = (self._change(*pods[uid], state, differ) for uid, state in work.items() if uid in pods)
        return [change for change in changes if change.annotations or change.labels]

    def _change(self, key: ObjectKey, live: Live, state: Work, differ: bool) -> _Change:
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
        annotations = {name: value for name, value in wanted.items() if before.get(name) != value}
        return _Change(key, live, is_busy, annotations, self._labels(live, is_busy=is_busy))

    def _labels(self, live: Live, *, is_busy: bool) -> Mapping[str, str | None]:
        is_marked = IDLE in (live["metadata"].get("labels") or {})
        if self._for_drains and not is_busy:
            return {} if is_marked else {IDLE: "true"}
        # Where drains are not looked after, somebody else's label is none of our business.
        is_wrong = is_marked and (self._for_drains or IDLE in labels_of(live, self._manager))
        return {IDLE: None} if is_wrong else {}

    def _write(self, change: _Change) -> None:
        key, uid = change.key, str(change.live["metadata"]["uid"])
        marks = {"annotations": change.annotations, "labels": change.labels}
        try:
            self._view.learn(self._kubernetes.mark(key, uid, marks, self._manager))
        except RefusedByServerError as error:
            if error.status in _GONE:
                return
            if error.status == _FORBIDDEN:
                self.is_forbidden = True
            _LOG.warning("%s cannot be marked: %s", key, error)
        else:
            self.is_forbidden = False
