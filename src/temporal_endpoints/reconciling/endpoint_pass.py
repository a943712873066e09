"""One pass over one endpoint: plan, act, look again, until nothing is left to do; then what is seen is written."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from nested_templates.errors import ContractError, DocumentError, FillError
from temporal_endpoints.errors import RefusedError
from temporal_endpoints.kubernetes.client import (
    KindAbsentError,
    Kubernetes,
    Object,
    RefusedByServerError,
    UnreachableError,
)
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.observing.protection import Trigger
from temporal_endpoints.planning.actions import Action, Create, Finish, Plan
from temporal_endpoints.planning.builds import documents_of_builds
from temporal_endpoints.planning.documents import Document
from temporal_endpoints.planning.filled import Filled
from temporal_endpoints.planning.ownership import Managers, is_ours, is_terminating
from temporal_endpoints.planning.plan import plan
from temporal_endpoints.planning.scaler import SCALER
from temporal_endpoints.reconciling.chart import Chart
from temporal_endpoints.reconciling.executor import Executor
from temporal_endpoints.reconciling.status import APPLIED, assess
from temporal_endpoints.records.model import (
    READY,
    Condition,
    Departure,
    Endpoint,
    ObjectKey,
    ObjectRecord,
    Snapshot,
)
from temporal_endpoints.records.progress import Progress
from temporal_endpoints.records.seen import Report

_LOG = logging.getLogger(__name__)
_CONFLICT, _INVALID = 409, 422
# The server is at fault, or too busy: it is worth another try.
_AGAIN = {429, 500, 502, 503, 504}
# As many as an endpoint has objects, and some that changed under our hands; each is planned twice.
_ROUNDS = 16


@dataclass(frozen=True)
class Looked:
    """How a pass ended: what is to be reported, if it is not said already, and whether to try again soon.

    Attributes:
        known: what is known of objects and is to be recorded, by the same commit as the report.
        at: the last moment at which the cluster was looked at: all that was seen of it before is in the report.
    """

    report: Report | None
    again: bool
    known: Sequence[ObjectRecord] = ()
    at: float = 0.0


@dataclass(frozen=True)
class EndpointPass:
    """What one pass needs.

    Attributes:
        chart: the chart's templates as they are now, if that is known.
        seen: what was seen of an endpoint's workers and builds.
        holds: whether drains of nodes are to leave an endpoint's busy workers alone.
        filled: the documents of generations that were filled before.
    """

    kubernetes: Kubernetes
    view: View
    progress: Progress
    executor: Executor
    managers: Managers
    chart: Callable[[], Chart | None]
    seen: Observations
    holds: Callable[[str], bool] = lambda _endpoint_id: False
    filled: Filled = field(default_factory=Filled)

    def look_at(self, endpoint_id: str) -> Looked:
        """Bring the cluster to the record of one endpoint, as far as that is possible now.

        Raises:
            NotLeadingError: another process may lead.
            RecordsError: the database gives no answer.
        """
        snapshot = self.progress.snapshot(endpoint_id)
        if snapshot is None:
            return self._sweep(endpoint_id)
        self._depart(snapshot.endpoint)
        try:
            documents = {} if snapshot.endpoint.deleted_at else self._documents(snapshot)
        except (RefusedError, ContractError, FillError, DocumentError) as error:
            # What runs goes on as it is.
            return self._report(snapshot, {}, Plan(), Condition(APPLIED, "False", "TemplateRefused", str(error)), {})
        return self._bring(snapshot, documents)

    def _depart(self, endpoint: Endpoint) -> None:
        """Record of a deleted endpoint what Temporal is to forget, before the objects go by which its place is known.

        The end of the endpoint does not wait for Temporal.
        """
        if endpoint.deleted_at is None or endpoint.build is None:
            return
        scaler = next((live for key, live in self.view.of(endpoint.id).items() if key.kind == SCALER), None)
        self.executor.depart(Departure(endpoint.id, Trigger.of(scaler).namespace))

    def _documents(self, snapshot: Snapshot) -> Mapping[ObjectKey, Document]:
        endpoint_id = snapshot.endpoint.id
        retired, hold = self.seen.retired(endpoint_id), self.holds(endpoint_id)
        return documents_of_builds(snapshot, retired, hold=hold, fill=self.filled.documents_of)

    def _bring(self, snapshot: Snapshot, documents: Mapping[ObjectKey, Document]) -> Looked:
        known: list[ObjectRecord] = []
        try:
            return self._rounds(snapshot, documents, known)
        except UnreachableError:
            # What was done before is recorded all the same.
            self.executor.settle(snapshot.endpoint.id, known)
            raise

    def _rounds(self, snapshot: Snapshot, documents: Mapping[ObjectKey, Document], known: list[ObjectRecord]) -> Looked:
        """Plan and act in turn; `known` has what the last actions led to, until it is recorded."""
        endpoint_id = snapshot.endpoint.id
        asked: dict[ObjectKey, Object] = {}
        made, refusal, has_acted, at = Plan(), None, False, 0.0
        for _ in range(_ROUNDS):
            at = time.monotonic()
            try:
                made = plan(
                    _with(snapshot, known), documents, self._observed(snapshot, documents, asked), self.managers
                )
            except RefusedByServerError as error:
                refusal = _refusal(error, None)
                break
            if not made.actions:
                break
            if has_acted:
                # That was not all, so it goes on from what is recorded by then.
                self.executor.settle(endpoint_id, known)
                known.clear()
                has_acted = False
                renewed = self.progress.snapshot(endpoint_id)
                if renewed is None or _is_asked_otherwise(snapshot.endpoint, renewed.endpoint):
                    # It is gone, or something else is asked for by now: what was done is not to be told.
                    return Looked(None, again=renewed is not None)
                snapshot = renewed
                continue
            self.executor.intend(endpoint_id, made.actions, snapshot.objects)
            refusal, has_acted = self._act(endpoint_id, made.actions, asked, known), True
            if refusal is not None:
                break
        looked = self._report(_with(snapshot, known), documents, made, refusal, asked, known)
        return replace(looked, at=at)

    def _act(
        self, endpoint_id: str, actions: Sequence[Action], asked: dict[ObjectKey, Object], known: list[ObjectRecord]
    ) -> Condition | None:
        """Act until something is not as it was thought to be, which is asked for; why one cannot go on, if so."""
        for action in actions:
            try:
                made = self.executor.act(endpoint_id, action)
                known += [] if made is None else [made]
            except UnreachableError as error:
                return Condition(APPLIED, "False", "ServerUnreachable", str(error))
            except RefusedByServerError as error:
                if isinstance(action, Finish) or not _is_another(error):
                    return _refusal(error, action)
                self._ask(action.key, asked)
                return None
        return None

    def _observed(
        self, snapshot: Snapshot, documents: Mapping[ObjectKey, Document], asked: Mapping[ObjectKey, Object]
    ) -> dict[ObjectKey, Object]:
        """What bears the label, what was asked for, and what no watch follows."""
        observed = {**self.view.of(snapshot.endpoint.id)}
        for key in {*documents, *(each.key for each in snapshot.objects)}:
            if key not in observed and not self.view.is_watched(key):
                with suppress(KindAbsentError):
                    live = self.kubernetes.get(key)
                    if live is not None:
                        observed[key] = live
        for key, live in asked.items():
            observed.setdefault(key, live)
        return {key: live for key, live in observed.items() if key.kind != "Pod"}

    def _ask(self, key: ObjectKey, asked: dict[ObjectKey, Object]) -> None:
        live = self.kubernetes.get(key)
        if live is None:
            asked.pop(key, None)
            self.view.unlearn(key)
        else:
            asked[key] = live
            self.view.learn(live)

    def _report(
        self,
        snapshot: Snapshot,
        documents: Mapping[ObjectKey, Document],
        made: Plan,
        refusal: Condition | None,
        asked: Mapping[ObjectKey, Object],
        known: Sequence[ObjectRecord] = (),
    ) -> Looked:
        observed: dict[ObjectKey, Any] = {**asked, **self.view.of(snapshot.endpoint.id)}
        chart = self.chart()
        report = assess(
            snapshot,
            documents,
            observed,
            made,
            refusal=refusal,
            templates=None if chart is None else chart.condition(snapshot.endpoint),
            protection=self.seen.protection(snapshot.endpoint.id),
            version=self.seen.version(snapshot.endpoint.id, snapshot.endpoint.build),
            by_hand=self.seen.by_hand(snapshot.endpoint.id),
        )
        again = refusal is not None or bool(made.waiting or made.collisions or made.actions)
        is_news = bool(known) or not report.is_said(snapshot.endpoint)
        return Looked(report if is_news else None, again=again and report.status != READY, known=known)

    def _sweep(self, endpoint_id: str) -> Looked:
        """Objects that this installation made for an endpoint of which there is no record."""
        again = False
        for key, live in self.view.of(endpoint_id).items():
            if key.kind == "Pod" or not is_ours(live, endpoint_id, self.managers) or is_terminating(live):
                continue
            try:
                self.executor.sweep(key, live)
                _LOG.warning("removed %s, which no record knows", key, extra={"endpoint_id": endpoint_id})
            except (RefusedByServerError, UnreachableError) as error:
                _LOG.warning("cannot remove %s: %s", key, error, extra={"endpoint_id": endpoint_id})
                again = True
        return Looked(None, again=again)


def _with(snapshot: Snapshot, known: Sequence[ObjectRecord]) -> Snapshot:
    """The snapshot as it will be when this is recorded."""
    newer = {each.key: each for each in known}
    kept = [each for each in snapshot.objects if each.key not in newer]
    return replace(snapshot, objects=[*kept, *newer.values()]) if newer else snapshot


def _is_asked_otherwise(before: Endpoint, now: Endpoint) -> bool:
    """Whether an endpoint was changed or deleted meanwhile: a deletion begins with what Temporal is to forget."""
    return (before.generation, before.deleted_at) != (now.generation, now.deleted_at)


def _is_another(error: RefusedByServerError) -> bool:
    """Whether another object is there than was thought, or none."""
    return error.status == _CONFLICT or (error.status == _INVALID and "uid" in error.message.lower())


def _refusal(error: RefusedByServerError, action: Action | None) -> Condition:
    reason = error.reason or {403: "Forbidden", 404: "NotFound", _INVALID: "Invalid"}.get(error.status, "ServerRefused")
    if error.status in _AGAIN:
        reason = "ServerBusy"
    verb = "made" if isinstance(action, Create) else "read" if action is None else "changed"
    return Condition(APPLIED, "False", reason, f"{getattr(action, 'key', 'The endpoint')} cannot be {verb}: {error}")
