"""Tells Temporal which build of an endpoint takes the new work, once a worker of it has polled."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Protocol

from temporal_endpoints.errors import NotLeadingError
from temporal_endpoints.observing.rollout import Rollout
from temporal_endpoints.reconciling.lease import Lease

_LOG = logging.getLogger(__name__)


class Router(Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def make_current(self, namespace: str, deployment: str, build: str) -> str | None:
        """Let a build take the new work; why that is not possible, if so."""


class Routing:
    """Makes builds current where that is due, if this process leads."""

    def __init__(self, server: Router, lease: Lease) -> None:
        self._server, self._lease = server, lease

    def bring(self, rollouts: Iterable[Rollout]) -> Mapping[str, str]:
        """Make the newest builds current that can be; by endpoint why Temporal refuses."""
        refusals: dict[str, str] = {}
        for rollout in rollouts:
            if not rollout.is_due:
                continue
            try:
                self._lease.token()
            except NotLeadingError:
                break
            known = {"endpoint_id": rollout.endpoint_id}
            refusal = self._server.make_current(rollout.namespace, rollout.endpoint_id, rollout.wanted)
            if refusal is None:
                _LOG.info("%s takes the new work", rollout.wanted, extra=known)
            else:
                _LOG.warning("%s cannot take the new work: %s", rollout.wanted, refusal, extra=known)
                refusals[rollout.endpoint_id] = refusal
        return refusals
