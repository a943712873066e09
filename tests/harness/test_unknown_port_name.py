"""The check `unknown-port-name`: probes and lifecycle hooks ask ports that their container names."""

from __future__ import annotations

from typing import Any

import pytest

from helm_nested.checking.model import Claims, DocumentSubject
from helm_nested.checks.unknown_port_name import CHECK

ASKING = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop")


def paths(asking: str, handler: str, port: object, ports: list[dict[str, Any]]) -> list[str]:
    """Where the check finds something in a CronJob whose container asks that port."""
    asked: dict[str, Any] = {handler: {"port": port}}
    for key in reversed(asking.split(".")):
        asked = {key: asked}
    pod = {
        "containers": [{"name": "beside", "ports": [{"name": "metrics"}]}, {"name": "main", "ports": ports, **asked}]
    }
    spec = {"jobTemplate": {"spec": {"template": {"spec": pod}}}}
    document = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": spec}
    return [each.path for each in CHECK.run(DocumentSubject(document, Claims(), None, ()))]


@pytest.mark.parametrize("handler", ["httpGet", "tcpSocket"])
@pytest.mark.parametrize("asking", ASKING)
def test_a_name_that_the_container_lacks_is_told(asking: str, handler: str) -> None:
    """A misspelt name, one in another case and one of the container beside it are told at the port that is asked."""
    place = f"spec.jobTemplate.spec.template.spec.containers[1].{asking}.{handler}.port"
    for port in ("http2", "HTTP", "metrics"):
        assert paths(asking, handler, port, [{"name": "http", "containerPort": 80}]) == [place]
    assert paths(asking, handler, "http", []) == [place]


@pytest.mark.parametrize("port", ["http", 80, 9999, "9999"])
def test_a_number_or_a_name_that_is_there_is_no_finding(port: object) -> None:
    """Numbers need not be listed."""
    assert paths("readinessProbe", "httpGet", port, [{"name": "http", "containerPort": 80}]) == []
