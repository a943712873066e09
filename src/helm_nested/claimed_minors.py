"""The minor versions of Kubernetes that a chart claims where the configuration names none."""

from __future__ import annotations

from dataclasses import replace

from helm_nested.chart import Chart
from helm_nested.configuration import Configuration
from helm_nested.engine.kube_version import require_kube_version
from helm_nested.errors import ConfigurationError, RenderError
from helm_nested.kubernetes.schema import known_minors
from nested_templates.suggestion import did_you_mean


def with_claimed_minors(configuration: Configuration, chart: Chart) -> Configuration:
    """The configuration with Kubernetes versions to check against, so that no object goes unchecked.

    Those it names; else those that Chart.yaml's kubeVersion allows; else the newest there are schemas for.

    Raises:
        ChartError: kubeVersion is not a version range.
        ConfigurationError: there are no schemas of a version that the configuration names.
    """
    known = known_minors()
    for minor in configuration.claims.kubernetes_minors:
        if minor not in known:
            raise ConfigurationError(
                f"checks.kubernetes: there are no schemas of Kubernetes {minor!r}, so nothing could be checked against "
                f"it. {did_you_mean(minor, known)} Write minor versions, for example [{known[-1]!r}]."
            )
    if configuration.claims.kubernetes_minors:
        return configuration
    claimed = [minor for minor in known if _is_claimed(chart, minor)] if "kubeVersion" in chart.metadata else []
    return replace(configuration, claims=replace(configuration.claims, kubernetes_minors=tuple(claimed or known[-1:])))


def _is_claimed(chart: Chart, minor: str) -> bool:
    try:
        require_kube_version(chart, f"v{minor}.0")
    except RenderError:
        return False
    return True
