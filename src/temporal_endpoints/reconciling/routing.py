"""Tells Temporal which build of an endpoint takes which part of the new work, once a worker of it has polled."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Protocol

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.observing.rollout import Rollout, Step, name_of
from temporal_endpoints.reconciling.lease import Lease

_LOG = logging.getLogger(__name__)


class Router(Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def route(self, namespace: str, deployment: str, step: Step) -> str | None:
        """Let a build take a part of the new work; why that is not possible, if so."""


class Routing:
    """Gives builds the new work where that is due, if this process leads."""

    def __init__(self, server: Router, lease: Lease) -> None:
        self._server, self._lease = server, lease

    def bring(self, rollouts: Iterable[Rollout]) -> Mapping[str, str]:
        """Give the newest builds what they are to take; by endpoint why Temporal refuses."""
        refusals: dict[str, str] = {}
        for rollout in rollouts:
            step = rollout.step
            if step is None:
                continue
            try:
                self._lease.token()
            except NotLeadingError:
                break
            known, build = {"endpoint_id": rollout.endpoint_id}, name_of(step.build)
            refusal = self._server.route(rollout.namespace, rollout.endpoint_id, step)
            if refusal is None:
                _LOG.info("%s takes %s %% of the new work", build, step.percent, extra=known)
            else:
                _LOG.warning("%s cannot take %s %% of the new work: %s", build, step.percent, refusal, extra=known)
                refusals[rollout.endpoint_id] = refusal
        return refusals
