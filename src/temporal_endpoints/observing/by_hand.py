"""What somebody else changes of where Temporal sends an endpoint's new work.

Only what changes between two looks counts: what was so before the first one may be of another control plane's time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from temporal_endpoints.observing.rollout import Rollout, Routes, Step, name_of, shown
from temporal_endpoints.records.model import CHANGED_BY_HAND, Condition

_LOG = logging.getLogger(__name__)
# The control plane sets it back with its next look, and nobody would see what is told for so short a time.
_TOLD_SECONDS = 3600.0
_ALL = 100
_ADVICE = (
    "The control plane sets back what differs from what is asked of the endpoint. Ask the endpoint for it instead, by "
    "`temporal-endpoints update` with --ramp or --ramp-seconds, or by `temporal-endpoints rollback`."
)


@dataclass
class ByHand:
    """What somebody else has changed of one endpoint's routes, over time."""

    # What the last look has shown, and what that is after what it led to.
    _known: tuple[Routes, ...] = ()
    _told: Condition | None = None
    _at: float = 0.0

    def take(self, rollout: Rollout, now: float) -> Condition | None:
        """What a look has shown, whose step is then made; what is to be told."""
        routes = rollout.routes
        if self._told is not None and now - self._at > _TOLD_SECONDS:
            self._told = None
        if routes is None:
            return self._told
        is_other = self._known and all(_without_author(routes) != _without_author(each) for each in self._known)
        if is_other and routes.changed_by is not None:
            self._told, self._at = _condition(self._known[-1], routes, shown(routes.changed_by)), now
            _LOG.warning("%s", self._told.message, extra={"endpoint_id": rollout.endpoint_id})
        self._known = (routes,) if rollout.step is None else (routes, _after(routes, rollout.step))
        return self._told


def _without_author(routes: Routes) -> Routes:
    return replace(routes, changed_by=None)


def _after(routes: Routes, step: Step) -> Routes:
    """The routes when this was done."""
    if step.percent == _ALL:
        has_ramp = routes.ramping not in (None, step.build)
        return replace(routes, current=step.build) if has_ramp else Routes(step.build)
    return Routes(routes.current, step.build, step.percent) if step.percent else Routes(routes.current)


def _condition(before: Routes, after: Routes, changed_by: str) -> Condition:
    is_current = after.current != before.current
    # A build that was ramping and has all of it by now has no ramp any more.
    ended = Routes(after.current, None, 0.0) if before.ramping == after.current else before
    is_ramp = (after.ramping, after.percent) != (ended.ramping, ended.percent)
    changes = []
    if is_current:
        changes.append(f"gave the new work to {name_of(after.current)}, where it went to {name_of(before.current)}")
    if is_ramp:
        changes.append(f"set the ramp to {_ramp(after)}, where it was {_ramp(before)}")
    reason = "RampChangedByHand" if is_ramp else "CurrentChangedByHand"
    return Condition(CHANGED_BY_HAND, "True", reason, f"{changed_by} {', and '.join(changes)}. {_ADVICE}")


def _ramp(routes: Routes) -> str:
    return "none" if routes.ramping is None else f"{routes.percent:g} % for {name_of(routes.ramping)}"
