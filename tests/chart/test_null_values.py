"""Null over any value leaves it out: what is installed, with everything switched on, stays what Kubernetes takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from helm_nested.errors import RenderError
from helm_nested.kubernetes import validation

from .bundle import API_KEY, CHART, ROOT, merged, render

FOUND = validation.find_program(ROOT)
pytestmark = pytest.mark.skipif(
    FOUND is None and not validation.is_required(),
    reason="Kubernetes' own validation was not run: `make tools` builds it",
)
DEFAULTS: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
EVERYTHING = merged(
    API_KEY,
    {
        "config": {"values": {"launch": {"endpoint_namespace": "endpoints"}}},
        "aws": {"configMap": {"name": "aws"}},
        "temporal": {
            "metrics": {"port": 9000},
            "serviceAccount": {"create": True, "name": "worker"},
            "install": {
                name: True
                for name, value in DEFAULTS["temporal"]["install"].items()
                if isinstance(value, bool) and name != "connectionConfigMap"
            },
            "controlPlane": {
                "enabled": True,
                "podMonitor": True,
                "image": {"repository": "registry.example.com/temporal-endpoints"},
                "authentication": {"keysSecretName": "keys", "tokenReview": True},
            },
        },
    },
)


def paths(values: dict[str, Any], at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of these values, those of maps too."""
    for key, value in values.items():
        yield (*at, key)
        if isinstance(value, dict):
            yield from paths(value, (*at, key))


@pytest.mark.parametrize("path", list(paths(DEFAULTS)), ids=".".join)
def test_null_over_a_value_with_every_object_installed(path: tuple[str, ...]) -> None:
    """Every object is one that Kubernetes takes, or the chart refuses the null in words of its own."""
    assert FOUND is not None, f"{validation.REQUIRED} is set and the program is not there: run `make tools`"
    null: Any = None
    for key in reversed(path):
        null = {key: null}
    try:
        bundle = render(merged(EVERYTHING, null))
    except RenderError as refused:
        assert "temporal-endpoints cannot use these values" in str(refused)  # noqa: PT017 - either is right
        return
    for document in (*bundle.objects, bundle.deployment("cpu"), bundle.deployment("gpu")):
        assert validation.judged(FOUND, document).faults == (), document["kind"]
