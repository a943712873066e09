"""The reconciler over a database and the API server's stand-in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from temporal_endpoints.errors import SettingsError
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.planning.ownership import Managers
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.reconciling.reconciler import Pace, Reconciler
from temporal_endpoints.records.database import Database
from temporal_endpoints.records.endpoints import Change, Endpoints
from temporal_endpoints.records.model import Endpoint, ObjectKey
from temporal_endpoints.records.progress import Progress

from .api_server import ApiServer, client
from .recorded import ADA, NAMESPACE
from .simulated_cluster import Object
from .snapshots import FIXED

FAST = Pace(ask=0.02, renew=0.1, templates=0.1, workers=2)
# Longer than a request may take, or nothing would be done at all.
LEASE = 12.0
SECONDS = 20.0


def wait_until(holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait for something to hold."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"in {seconds} s it did not come: {what}"
        time.sleep(0.02)


@dataclass
class Running:
    """One database, one server, and reconcilers that come and go."""

    database: Database
    api: ApiServer
    address: str
    texts: dict[str, str] = field(default_factory=lambda: dict(FIXED))

    @contextmanager
    def reconciler(
        self,
        holder: str = "one",
        seconds: float = LEASE,
        pace: Pace = FAST,
        observations: Observations | None = None,
        passed: Callable[[float, bool], None] = lambda _seconds, _well: None,
    ) -> Iterator[Reconciler]:
        """A running reconciler."""
        progress = Progress(self.database)
        lease = Lease(progress, holder, seconds)
        kubernetes = client(self.address)
        made = Reconciler(
            kubernetes, progress, lease, NAMESPACE, self.read, pace=pace, observations=observations, passed=passed
        )
        made.start()
        try:
            yield made
        finally:
            made.stop()
            kubernetes.close()

    def read(self) -> dict[str, str]:
        """The chart's templates."""
        if not self.texts:
            raise SettingsError("the chart is not there. Install it.")
        return self.texts

    @property
    def managers(self) -> Managers:
        """How the server names this installation."""
        return Managers.of(Progress(self.database).installation())

    def get(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint as it is recorded now."""
        return Endpoints(self.database).get(ADA.owner, endpoint.id)

    def change(self, endpoint: Endpoint, **changes: Any) -> Endpoint:
        """Ask for something else."""

        def revise(before: Endpoint, _texts: object) -> Change:
            asked = before.specification.model_copy(update=changes)
            return Change(asked, before.bundle.id, before.revision.template_set, "update")

        return Endpoints(self.database).revise(ADA, endpoint.id, revise)

    def live(self, kind: str, endpoint: Endpoint) -> Object | None:
        """The endpoint's object of that kind."""
        versions = {"Deployment": "apps/v1", "ConfigMap": "v1", "ScaledObject": "keda.sh/v1alpha1"}
        with self.api.changed:
            return self.api.cluster.get(ObjectKey(versions[kind], kind, NAMESPACE, endpoint.resource_name))

    def run_workers(self, endpoint: Endpoint) -> None:
        """Do what the Deployment's controller does: all replicas run, and its status says so."""
        with self.api.changed:
            live = self.live("Deployment", endpoint)
            assert live is not None
            count = live["spec"]["replicas"]
            counts = dict.fromkeys(("replicas", "availableReplicas", "updatedReplicas"), count)
            status = {"observedGeneration": live["metadata"]["generation"], **counts}
            self.api.cluster.write(ObjectKey.of(live), "kube-controller-manager", ("status",), status)

    def wait_for(self, endpoint: Endpoint, status: str) -> Endpoint:
        """Wait until the endpoint has this status, of its newest generation."""

        def holds() -> bool:
            seen = self.get(endpoint)
            return seen.status == status and seen.observed_generation == seen.generation

        wait_until(holds, f"{status} of {endpoint.id}")
        return self.get(endpoint)
