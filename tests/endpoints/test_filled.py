"""Documents are filled once a generation, and are the same afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from temporal_endpoints.planning import filled
from temporal_endpoints.planning.documents import Document, documents_of
from temporal_endpoints.planning.filled import Filled
from temporal_endpoints.records.model import Endpoint, ObjectKey, Snapshot

from .snapshots import FIXED, snapshot


@pytest.fixture
def fills(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The generations that were filled."""
    found: list[int] = []

    def fill(endpoint: Endpoint, texts: Mapping[str, str]) -> dict[ObjectKey, Document]:
        found.append(endpoint.revision.generation)
        return documents_of(endpoint, texts)

    monkeypatch.setattr(filled, "documents_of", fill)
    return found


def of_the_second_generation(first: Snapshot) -> Snapshot:
    """The same endpoint after a change."""
    revision = replace(first.endpoint.revision, generation=2, cause="update")
    return replace(first, endpoint=replace(first.endpoint, generation=2, revision=revision))


def test_generation_is_filled_once(fills: list[int]) -> None:
    """What is kept is what was filled, in its order, and a change of it is nobody else's."""
    first = snapshot(FIXED)
    second = of_the_second_generation(first)
    kept = Filled()
    for _ in range(3):
        for each in (first, second):
            found = kept.documents_of(each.endpoint, each.texts)
            assert list(found.items()) == list(documents_of(each.endpoint, each.texts).items())
            found.popitem()[1].clear()
    assert fills == [1, 2]


def test_those_asked_for_last_are_kept(fills: list[int]) -> None:
    """As many as there is room for."""
    first = snapshot(FIXED)
    second = of_the_second_generation(first)
    kept = Filled(most_characters=1)
    for each in (first, first, second):
        kept.documents_of(each.endpoint, each.texts)
    assert fills == [1, 1, 2]


def test_what_json_does_not_keep_is_filled_again(fills: list[int]) -> None:
    """A number as a key would become a text, so another digest would be taken of it."""
    numbered = {key: text.replace("data: {", "data: {7: a, ") for key, text in FIXED.items()}
    assert numbered != FIXED
    one, kept = snapshot(numbered), Filled()
    for _ in range(2):
        assert kept.documents_of(one.endpoint, one.texts) == documents_of(one.endpoint, one.texts)
    assert fills == [1, 1]
