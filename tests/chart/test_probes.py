"""Probes: none by default, as a worker serves no HTTP, and each honoured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helm_nested.pytest_plugin import over

from .free_values import filled
from .worker import container

if TYPE_CHECKING:
    from collections.abc import Mapping

    Document = Mapping[str, Any]


def probes(document: Document) -> dict[str, Any]:
    """Every probe that the container has."""
    return {key: value for key, value in container(document).items() if key.endswith("Probe")}


@over(kind="Deployment", stage="filled", choices={"probes": "absent"})
def test_none_by_default(document: Document) -> None:
    """A worker has no probe unless one is set."""
    assert not probes(document)


@over(kind="Deployment", stage="filled")
def test_each_is_honoured(document: Document, values: Document, arguments: Document) -> None:
    """Each probe that is set arrives as it is, in the field of its own name, and no other with it."""
    expected = {
        f"{name}Probe": filled(values[f"temporal.probes.{name}"], arguments)
        for name in ("readiness", "liveness", "startup")
        if values[f"temporal.probes.{name}"]
    }
    assert probes(document) == expected
