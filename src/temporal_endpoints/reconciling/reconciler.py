"""The reconciler: who leads looks at every endpoint that something happened to, and now and then at all of them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread

from temporal_endpoints.errors import NotLeadingError, RecordsError, SettingsError, TemporalEndpointsError
from temporal_endpoints.kubernetes.client import Kubernetes, Object
from temporal_endpoints.kubernetes.view import View
from temporal_endpoints.observing.observations import Observations
from temporal_endpoints.planning.filled import Filled
from temporal_endpoints.planning.ownership import Managers
from temporal_endpoints.reconciling.chart import Chart
from temporal_endpoints.reconciling.departing import Departing, Forgetter
from temporal_endpoints.reconciling.endpoint_pass import EndpointPass
from temporal_endpoints.reconciling.executor import Executor
from temporal_endpoints.reconciling.lease import Lease
from temporal_endpoints.reconciling.marks import Marks
from temporal_endpoints.reconciling.queue import Queue
from temporal_endpoints.reconciling.routing import Router, Routing
from temporal_endpoints.records.model import ObjectKey
from temporal_endpoints.records.progress import Progress

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pace:
    """How often what happens, in seconds, and by how many threads.

    Attributes:
        ask: the records are asked for what is new: a request may have come to another process.
        renew: the lead is renewed, by default as often as its time asks for; who waits for it asks as for what is new.
        look_at_all: everything is looked at, in case an event was lost.
    """

    ask: float = 1.0
    renew: float | None = None
    look_at_all: float = 1800.0
    templates: float = 10.0
    workers: int = 4


class Reconciler:
    """Threads that bring the cluster to the records until they are stopped.

    Args:
        texts: the chart's templates as they are now; raises while they cannot be read, or are not there.
        observations: what was seen of endpoints' workers and builds.
        holds: whether drains of nodes are to leave an endpoint's busy workers alone.
        passed: is told how many seconds a pass took, and whether it ended well.
        filled: the documents of generations that were filled before, perhaps by others.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        progress: Progress,
        lease: Lease,
        namespace: str,
        texts: Callable[[], Mapping[str, str]],
        *,
        pace: Pace | None = None,
        observations: Observations | None = None,
        holds: Callable[[str], bool] = lambda _endpoint_id: False,
        passed: Callable[[float, bool], None] = lambda _seconds, _well: None,
        filled: Filled | None = None,
    ) -> None:
        self._kubernetes, self._progress, self._lease = kubernetes, progress, lease
        self._pace = pace or Pace()
        self._passed = passed
        self._texts = texts
        self._chart: Chart | None = None
        # Whether the lead was ours when it was renewed last; it may have lapsed since then, and come back.
        self._led = False
        # What the lead did not last for: it can be used for less than its whole time, and a renewal may come late.
        self._missed: deque[str] = deque()
        self._queue = Queue()
        self._stopping = Event()
        self._managers = managers = Managers.of(progress.installation())
        self.view = View(kubernetes, namespace, self._happened)
        executor = Executor(kubernetes, self.view, progress, lease, managers)
        self._pass = EndpointPass(
            kubernetes,
            self.view,
            progress,
            executor,
            managers,
            lambda: self._chart,
            observations or Observations(),
            holds,
            filled or Filled(),
        )
        self._threads = [
            Thread(target=self._lead, name="leader"),
            *(Thread(target=self._work, name=f"worker {number}") for number in range(self._pace.workers)),
        ]

    def start(self) -> None:
        """Begin."""
        self.view.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after what is being done, and let another process lead."""
        self._stopping.set()
        self._queue.close()
        self.view.stop()
        for thread in self._threads:
            thread.join()
        try:
            self._lease.resign()
        except RecordsError as error:
            _LOG.warning("the lead could not be given up: %s", error)

    def live(self, endpoint_id: str) -> Mapping[ObjectKey, Object] | None:
        """An endpoint's objects, pods among them; None while it is not known which pods there are now."""
        return self.view.of(endpoint_id) if self.view.is_current("v1", "Pod") else None

    def marks(self, *, on_nodes: bool, for_drains: bool) -> Marks:
        """Marks pods while this process leads."""
        manager = self._managers.marks
        return Marks(self._kubernetes, self.view, self._lease, manager, on_nodes=on_nodes, for_drains=for_drains)

    def routing(self, server: Router) -> Routing:
        """Tells Temporal which builds take the new work while this process leads."""
        return Routing(server, self._lease)

    def departing(self, server: Forgetter, namespace: str, every: float) -> Departing:
        """Lets Temporal forget deleted endpoints while this process leads."""
        return Departing(server, self._progress, self._lease, namespace, every)

    def seen(self, endpoint_id: str) -> None:
        """Something is to be said of an endpoint, if this process leads."""
        if self._led:
            self._queue.add(endpoint_id)

    def _happened(self, endpoint_id: str) -> None:
        """The view is another one by now: a pass that looks at it later sees that."""
        if self._led:
            self._queue.hear(endpoint_id)

    def changed(self, endpoint_id: str) -> None:
        """Something was asked of an endpoint."""
        self._queue.add(endpoint_id)

    @property
    def leads(self) -> bool:
        """Whether this process leads."""
        return self._lease.holds

    @property
    def waiting(self) -> int:
        """How many endpoints are to be looked at."""
        return len(self._queue)

    def _lead(self) -> None:
        """Keep the lead, and see to it that nothing is overlooked."""
        renew_at, all_at, templates_at = 0.0, 0.0, 0.0
        renew = self._lease.renew_seconds if self._pace.renew is None else self._pace.renew
        while not self._stopping.wait(min(self._pace.ask, renew)):
            now = time.monotonic()
            try:
                # Who has not seen everything would take what is there for absent.
                if not self._led and not self.view.wait(0.0):
                    continue
                if now >= renew_at:
                    leads = self._lease.renew()
                    # Who waits for the lead asks often, so that nothing is added to the time of one who died.
                    renew_at = now + (renew if leads else self._pace.ask)
                    if leads and not self._led:
                        _LOG.info("this process leads now")
                        all_at = templates_at = 0.0
                    self._led = leads
                    while self._missed:
                        self._queue.add(self._missed.popleft())
                if not self._led:
                    continue
                if now >= templates_at:
                    templates_at = now + self._pace.templates
                    all_at = 0.0 if self._read_templates() else all_at
                if now >= all_at:
                    all_at = now + self._pace.look_at_all
                    self._look_at_all()
                for endpoint_id in self._progress.unobserved_ids():
                    self._queue.add_new(endpoint_id)
            except RecordsError as error:
                _LOG.warning("%s", error)
                renew_at = 0.0
            except Exception:
                _LOG.exception("an error of temporal-endpoints itself; it goes on")

    def _read_templates(self) -> bool:
        """Whether the chart's templates are others than before."""
        try:
            chart = Chart(self._texts())
        except SettingsError as error:
            chart = Chart(problem=str(error))
        except TemporalEndpointsError as error:
            # What cannot be read may be there all the same.
            _LOG.warning("%s", error)
            return False
        changed, self._chart = chart != self._chart, chart
        if changed and chart.problem:
            _LOG.error("no endpoint can be made or restarted: %s", chart.problem)
        return changed

    def _look_at_all(self) -> None:
        with suppress(NotLeadingError):
            self._progress.forget_old_events(self._lease.token())
        for endpoint_id in {*self._progress.endpoint_ids(), *self.view.endpoint_ids()}:
            self._queue.add(endpoint_id)

    def _work(self) -> None:
        while (endpoint_id := self._queue.take()) is not None:
            begin, well, looked = time.monotonic(), False, 0.0
            try:
                well, looked = self._look_at(endpoint_id)
            except NotLeadingError:
                self._queue.done(endpoint_id)
                # A lead that comes back is not a new one, so nobody else would look at it for long.
                if self._led:
                    self._missed.append(endpoint_id)
                continue
            except TemporalEndpointsError as error:
                _LOG.warning("%s", error, extra={"endpoint_id": endpoint_id})
            except Exception:
                _LOG.exception("an error of temporal-endpoints itself", extra={"endpoint_id": endpoint_id})
            self._passed(time.monotonic() - begin, well)
            if well:
                self._queue.done(endpoint_id, looked)
            else:
                self._queue.failed(endpoint_id)

    def _look_at(self, endpoint_id: str) -> tuple[bool, float]:
        """Whether that is all for now, and when it was looked at last."""
        token = self._lease.token()
        looked = self._pass.look_at(endpoint_id)
        if looked.report and self._progress.report(token, endpoint_id, looked.report, looked.known):
            told = {"endpoint_id": endpoint_id, "status": looked.report.status}
            _LOG.info("%s: %s", endpoint_id, looked.report.status, extra=told)
        return not looked.again, looked.at
