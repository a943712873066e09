"""What Prometheus reads of the control plane."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from temporal_endpoints.errors import RecordsError
from temporal_endpoints.reconciling.reconciler import Reconciler
from temporal_endpoints.records.progress import Progress


class Metrics:
    """The registry of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "temporal_endpoints_pass_seconds", "How long one look at one endpoint took", registry=self.registry
        )
        self._passes = Counter(
            "temporal_endpoints_passes",
            "Looks at endpoints, by whether one more is needed",
            ["again"],
            registry=self.registry,
        )

    def passed(self, seconds: float, well: bool) -> None:
        """One pass is over."""
        self._seconds.observe(seconds)
        self._passes.labels(again="false" if well else "true").inc()

    def follow(self, progress: Progress, reconciler: Reconciler) -> None:
        """Tell of the records and of the reconciler whenever they are asked for."""
        self.registry.register(_State(progress, reconciler))


class _State(Collector):
    def __init__(self, progress: Progress, reconciler: Reconciler) -> None:
        self._progress, self._reconciler = progress, reconciler

    def collect(self) -> Iterator[Metric]:
        """What holds now; a database that does not answer leaves its numbers out."""
        yield GaugeMetricFamily("temporal_endpoints_leads", "Whether this process leads", int(self._reconciler.leads))
        yield GaugeMetricFamily(
            "temporal_endpoints_waiting", "Endpoints that are to be looked at", self._reconciler.waiting
        )
        endpoints = GaugeMetricFamily("temporal_endpoints", "Endpoints by status", labels=["status"])
        try:
            for status, count in self._progress.statuses().items():
                endpoints.add_metric([status], count)
            departures = len(self._progress.departures())
        except RecordsError:
            return
        yield endpoints
        yield GaugeMetricFamily(
            "temporal_endpoints_departures",
            "Worker deployments of deleted endpoints that Temporal still knows",
            departures,
        )
