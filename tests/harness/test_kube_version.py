"""Chart.yaml's kubeVersion is enforced, as helm does."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.chart import Chart
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


def test_what_is_no_range_is_named() -> None:
    """A kubeVersion that is no range is the chart's fault, and said so."""
    with pytest.raises(ChartError, match="is no version range"):
        require_kube_version(Chart(Path(), {"kubeVersion": "newest"}), "v1.30.0")
