"""Nothing is written that the API server does not keep: it would write the object again at every upgrade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from helm_nested.pytest_plugin import over

Document = Mapping[str, Any]

# Maps that say something by being there, at the end of a path without the numbers of lists.
MEANT = (
    "emptyDir",
    "podSelector",
    "namespaceSelector",
    "labelSelector",
    "resources",
)


def empties(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Where a null or an empty list or map stands that Kubernetes' types leave out, as if it had not been written."""
    if value is None or value == [] or (value == {} and path[-1:] not in [(each,) for each in MEANT]):
        yield ".".join(path)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from empties(each, (*path, str(key)))
    elif isinstance(value, list):
        for each in value:
            yield from empties(each, path)


@over(stage="installed")
def test_what_is_installed_has_nothing_that_the_server_drops(document: Document) -> None:
    """No object of the release has a null, or an empty list or map, but where its being there says something."""
    assert list(empties(document)) == []


@over(stage="filled")
def test_what_is_filled_has_nothing_that_the_server_drops(document: Document, arguments: Document) -> None:
    """Neither has an object of an endpoint, but for a command that the endpoint itself leaves empty."""
    own = {"spec.template.spec.containers.command"} if arguments.get("COMMAND") == [] else set()
    assert set(empties(document)) <= own


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"spec": {"ingress": []}}, ["spec.ingress"]),
        ({"spec": {"containers": [{"resources": {"limits": {}}}]}}, ["spec.containers.resources.limits"]),
        ({"metadata": {"annotations": None}}, ["metadata.annotations"]),
        ({"spec": {"volumes": [{"emptyDir": {}}], "replicas": 0, "paused": False, "text": ""}}, []),
    ],
)
def test_what_the_server_drops_is_seen(document: Document, found: list[str]) -> None:
    """Also inside of lists; a number, a text and a word are kept whatever they are."""
    assert list(empties(document)) == found
