"""Every check survives any JSON: a map where a list belongs, a number as a name, null anywhere."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checking.example import CLAIMS
from helm_nested.checking.model import BundleSubject, Check, DocumentSubject
from helm_nested.findings.claimed_level import claimed_level
from nested_templates.yaml_documents import parse_documents

CHECKS = [check for check in load_checks() if check.scope != "template"]
SHAPES: tuple[Any, ...] = (None, True, 0, -1.5, "", "text", [], {}, [None], ["a"], [{}], [[1]], {"a": None}, {"a": [1]})


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*path, key) for key, _ in below] + [place for key, part in below for place in places(part, (*path, key))]


def mutated(document: dict[str, Any], path: tuple[Any, ...], shape: object) -> dict[str, Any]:
    """The document with that shape at that place."""
    copy = deepcopy(document)
    part: Any = copy
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = deepcopy(shape)
    return copy


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_check_survives_any_shape(check: Check) -> None:
    """No check fails itself, whatever stands anywhere in an object."""
    for text in (*check.passing, *check.failing):
        documents = list(parse_documents(text, "an example", "pyyaml").documents)
        for number, document in enumerate(documents):
            for path in places(document):
                for shape in SHAPES:
                    odd = mutated(document, path, shape)
                    if check.scope == "document":
                        subject: Any = DocumentSubject(odd, CLAIMS, "restricted", ())
                    else:
                        several = [check.view(each) for each in (*documents[:number], odd, *documents[number + 1 :])]
                        subject = BundleSubject(several, CLAIMS)
                    try:
                        list(check.run(subject))
                    except Exception as error:
                        pytest.fail(f"{check.name}: {path} = {shape!r}: {type(error).__name__}: {error}")


def test_claimed_level_survives_any_shape() -> None:
    """Metadata and annotations that are no map claim no level."""
    for shape in SHAPES:
        assert claimed_level([{"metadata": shape}, {"metadata": {"annotations": shape}}], "level") is None
