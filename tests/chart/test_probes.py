"""Probes and the metrics port: none by default, as a worker serves no HTTP, and each honoured."""

from __future__ import annotations

import pytest

from .bundle import render

EXEC = {"exec": {"command": ["test", "-e", "/tmp/polling"]}, "periodSeconds": 7}
HTTP = {"httpGet": {"path": "/metrics", "port": "metrics"}}


def test_none_by_default() -> None:
    """A worker has no probe and no port."""
    container = render().container("cpu")
    assert not {"readinessProbe", "livenessProbe", "startupProbe", "ports"} & set(container)


@pytest.mark.parametrize("name", ["readiness", "liveness", "startup"])
@pytest.mark.parametrize("probe", [EXEC, HTTP], ids=["exec", "http"])
def test_each_is_honoured(name: str, probe: dict[str, object]) -> None:
    """The probe arrives as it is, and no other with it."""
    container = render({"temporal": {"probes": {name: probe}, "metrics": {"port": 9000}}}).container("gpu")
    assert {key: value for key, value in container.items() if key.endswith("Probe")} == {f"{name}Probe": probe}


def test_metrics_port_is_honoured() -> None:
    """The port has a name, by which a probe or a PodMonitor refers to it."""
    container = render({"temporal": {"metrics": {"port": 9000}}}).container("cpu")
    assert container["ports"] == [{"name": "metrics", "containerPort": 9000, "protocol": "TCP"}]
