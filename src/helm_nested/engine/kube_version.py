"""Chart.yaml's kubeVersion, which `helm install` enforces and the in-process engine does not."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helm_nested.chart import Chart
from helm_nested.errors import ChartError, RenderError

if TYPE_CHECKING:
    import helm_python

# Helm compares just so, the version as it understands it: what a vendor adds to it does not count.
_TEMPLATE = "{{ semverCompare .Values.claimed .Capabilities.KubeVersion.String }}"
_COMPARING = "error calling semverCompare"


def require_kube_version(chart: Chart, kube_version: str) -> None:
    """Accept the Kubernetes version for this chart.

    Raises:
        RenderError: the chart does not claim that version, or it is none.
        ChartError: what it claims is no version range.
    """
    claimed = chart.metadata.get("kubeVersion")
    if claimed and not _allows(str(claimed), kube_version):
        raise RenderError(
            f"the chart requires Kubernetes {claimed}, and it is rendered for {kube_version}. "
            "Set another release.kubeVersion, or correct kubeVersion in Chart.yaml."
        )


@lru_cache(maxsize=1024)
def _allows(claimed: str, kube_version: str) -> bool:
    # Here, as this loads Helm's library.
    from helm_python import _native
    from helm_python.errors import HelmError

    options = {"name": "release", "namespace": "default", "kube_version": kube_version}
    # Held until Helm has answered: of two threads that make one at once, the cache keeps only one of them.
    comparison = _comparison()
    try:
        texts = _native.call_string(
            "helm_render",
            comparison._raw(),  # noqa: SLF001 - see in_process
            json.dumps({"claimed": claimed}),
            json.dumps(options),
        )
    except HelmError as error:
        if _COMPARING in str(error):
            why = str(error).rpartition(f"{_COMPARING}: ")[2]
            raise ChartError(
                f"kubeVersion {claimed!r} in Chart.yaml is not a version range: {why}. "
                "Correct it, for example: kubeVersion: '>=1.29.0-0'"
            ) from error
        raise RenderError(
            f"{kube_version!r} is not a version of Kubernetes: {error}. "
            "Correct release.kubeVersion, for example v1.33.0."
        ) from error
    (answer,) = json.loads(texts).values()
    return bool(answer == "true")


@cache
def _comparison() -> helm_python.Chart:
    """A chart that compares."""
    import helm_python

    from helm_nested.engine.archive import packed

    files = {"Chart.yaml": "apiVersion: v2\nname: comparison\nversion: 1.0.0\n", "templates/it": _TEMPLATE}
    return helm_python.Chart.load_archive(
        packed({PurePosixPath("comparison", name): text.encode() for name, text in files.items()})
    )
