"""Chart.yaml's kubeVersion, which `helm install` enforces and the in-process engine does not."""

from __future__ import annotations

import re
from functools import lru_cache

from helm_nested.chart import Chart
from helm_nested.errors import ChartError, RenderError


def require_kube_version(chart: Chart, kube_version: str) -> None:
    """Accept the Kubernetes version for this chart.

    Raises:
        RenderError: the chart does not claim that version.
        ChartError: what it claims is no version range.
    """
    claimed = chart.metadata.get("kubeVersion")
    if claimed and not _allows(str(claimed), kube_version):
        raise RenderError(
            f"the chart requires Kubernetes {claimed}, and it is rendered for {kube_version}. "
            "Set another release.kubeVersion, or correct kubeVersion in Chart.yaml."
        )


@lru_cache(maxsize=64)
def _allows(claimed: str, kube_version: str) -> bool:
    # Here, as it reads the metadata of every installed package to know its own version.
    from semantic_version import NpmSpec, Version

    try:
        # Helm's ranges are Masterminds/semver's: a comma means "and", as one space does for npm, and an operator may
        # stand apart from its version; a pre-release may follow two numbers, as in >=1.29-0.
        ranges = re.sub(r"([<>=~^])\s+", r"\1", re.sub(r"[,\s]+", " ", claimed))
        spec = NpmSpec(re.sub(r"(?<![\d.])(\d+\.\d+)-(?=\w)", r"\1.0-", ranges))
        version = Version.coerce(kube_version.removeprefix("v"))
    except ValueError as error:
        raise ChartError(f"kubeVersion {claimed!r} in Chart.yaml is no version range: {error}. Correct it.") from error
    return version in spec
