"""Chart.yaml's kubeVersion is enforced, as helm does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from helm_nested.chart import Chart
from helm_nested.engine import kube_version
from helm_nested.engine.kube_version import require_kube_version
from helm_nested.errors import ChartError, RenderError


@pytest.mark.parametrize(
    ("claimed", "version", "accepted"),
    [
        (">=1.29.0-0 <1.38.0-0", "v1.29.0", True),
        (">=1.29.0-0 <1.38.0-0", "v1.37.2", True),
        (">=1.29.0-0 <1.38.0-0", "v1.28.9", False),
        (">=1.29.0-0 <1.38.0-0", "v1.38.0", False),
        (">= 1.29, < 1.38", "1.30.1", True),
        ("1.29.x || 1.31.x", "v1.30.0", False),
        ("^1.29", "v1.36.0", True),
        (">=1.33-0", "v1.33.0", True),
        (">=1.33-0", "v1.32.9", False),
        (None, "v1.10.0", True),
        (">=1.21.0-0", "v1.33.5-gke.1080000", True),
        (">=1.21.0", "v1.33.5-gke.1080000", True),
        (">=1.34.0-0", "v1.33.5-eks-113cf36", False),
        (">=v1.23.0-0", "v1.33.5-eks-113cf36", True),
        (">=v1.23.0-0", "v1.22.9", False),
        ("1.20 - 1.30", "v1.30.0", True),
        ("1.20 - 1.30", "v1.33.5", False),
        ("1.2.x", "v1.20.0", False),
        ("=>1.20", "v1.33.5", True),
        ("!=1.33.5", "v1.33.5+k3s1", False),
        (">=1.21 <1.40", "v1.33.5", True),
        ("*", "v1.33.5-rc.1", True),
    ],
)
def test_versions_inside_the_range_are_accepted(claimed: str | None, version: str, accepted: bool) -> None:
    """A version the chart does not claim is refused, with both in the message."""
    chart = Chart(Path(), {"kubeVersion": claimed} if claimed else {})
    if accepted:
        require_kube_version(chart, version)
        return
    with pytest.raises(RenderError) as refused:
        require_kube_version(chart, version)
    assert str(claimed) in str(refused.value)
    assert version in str(refused.value)


@pytest.mark.parametrize("claimed", ["newest", "1.2x", ">=1.20 or so", "||"])
def test_what_is_no_range_is_named(claimed: str) -> None:
    """A kubeVersion that is no range for Helm is the chart's fault, and said so."""
    with pytest.raises(ChartError, match="is not a version range"):
        require_kube_version(Chart(Path(), {"kubeVersion": claimed}), "v1.30.0")


def test_what_is_no_version_is_named() -> None:
    """A Kubernetes version that is none is not blamed on the chart."""
    with pytest.raises(RenderError, match="'newest' is not a version of Kubernetes"):
        require_kube_version(Chart(Path(), {"kubeVersion": ">=1.20"}), "newest")


@pytest.mark.parametrize("version", ["v1.33.5-gke.1080000", "v1.30.0", "1.33"])
@pytest.mark.parametrize(
    "claimed", [">=1.21.0-0", ">=v1.23.0-0", "1.20 - 1.30", "1.2x", "1.2.x", "^1.20 || >=1.31", "~1.33", ">1.20, <1.33"]
)
def test_as_helm_does(tmp_path: Path, helm: Path, claimed: str, version: str) -> None:
    """Every range and version is accepted exactly if the helm binary accepts it."""
    chart = {"apiVersion": "v2", "name": "some", "version": "1.0.0", "kubeVersion": claimed}
    (tmp_path / "Chart.yaml").write_text(json.dumps(chart), encoding="utf-8")
    (tmp_path / "values.yaml").touch()
    command = [str(helm), "template", "release", str(tmp_path), "--kube-version", version]
    accepted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        require_kube_version(Chart(tmp_path, chart), version)
    except (RenderError, ChartError):
        assert not accepted
    else:
        assert accepted


def test_a_comparison_that_nobody_keeps_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two threads that ask first at the same time, each has a chart of its own until Helm has answered."""
    monkeypatch.setattr(kube_version, "_comparison", kube_version._comparison.__wrapped__)  # noqa: SLF001 - without its cache
    chart = Chart(Path("chart"), {"kubeVersion": ">=1.29.0-0"})
    for minor in range(30, 36):
        kube_version.require_kube_version(chart, f"v1.{minor}.1")
