"""Lets Temporal forget the worker deployments of deleted endpoints: what is to be forgotten is in the records.

An endpoint's end does not wait for it. The queue's new work goes to workers without versions at once; the deployment
itself stays until Temporal has not heard of its workers for some minutes.
"""

from __future__ import annotations

import logging
from typing import Protocol

from temporal_endpoints.errors import NotLeadingError, TemporalSilentError
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.records.model import Departure
from temporal_endpoints.records.progress import Progress

_LOG = logging.getLogger(__name__)
# So few in one look, which has other things to see: one with two versions took Temporal three seconds.
_AT_ONCE = 2
# What Temporal keeps for now is tried again after so many looks.
_LOOKS_BETWEEN = 12


class Forgetter(Protocol):
    """What is asked of Temporal; see `observing.temporal`."""

    def leave(self, namespace: str, deployment: str) -> str | None:
        """Forget a worker deployment as far as that is possible now; what is left of it, and why."""


class Departing:
    """Brings Temporal to forget what it should, if this process leads.

    Args:
        namespace: Temporal's namespace of those of which none is recorded.
        every: seconds between two looks.
    """

    def __init__(self, server: Forgetter, progress: Progress, lease: Lease, namespace: str, every: float) -> None:
        self._server, self._progress, self._lease = server, progress, lease
        self._namespace, self._every = namespace, every
        # When each is due again, and what was said of it last.
        self._due: dict[str, float] = {}
        self._said: dict[str, str] = {}

    def bring(self, now: float) -> None:
        """Let Temporal forget those that are due, the ones that waited longest first.

        Raises:
            RecordsError: the database gives no answer.
        """
        if not self._lease.holds:
            return
        departures = {each.endpoint_id: each for each in self._progress.departures()}
        self._due = {each: self._due.get(each, 0.0) for each in departures}
        self._said = {each: self._said[each] for each in self._said.keys() & departures.keys()}
        due = sorted((each for each in departures if self._due[each] <= now), key=lambda each: self._due[each])
        for endpoint_id in due[:_AT_ONCE]:
            try:
                self._leave(departures[endpoint_id], now)
            except NotLeadingError:
                return
            except TemporalSilentError as error:
                self._say(endpoint_id, str(error))
                # The next one, whose namespace may answer, is not to wait behind this one.
                self._due[endpoint_id] = now + self._every
                return

    def _leave(self, departure: Departure, now: float) -> None:
        self._lease.token()
        left = self._server.leave(departure.namespace or self._namespace, departure.endpoint_id)
        self._due[departure.endpoint_id] = now + _LOOKS_BETWEEN * self._every
        if left is not None:
            self._say(departure.endpoint_id, left)
            return
        self._progress.departed(self._lease.token(), departure.endpoint_id)
        _LOG.info("Temporal knows %s no more", departure.endpoint_id, extra={"endpoint_id": departure.endpoint_id})

    def _say(self, endpoint_id: str, left: str) -> None:
        """Once, and again when it is something else."""
        if self._said.get(endpoint_id) != left:
            self._said[endpoint_id] = left
            known = {"endpoint_id": endpoint_id}
            _LOG.warning("the worker deployment of %s, which is deleted: %s", endpoint_id, left, extra=known)
