"""The check `custom-schema`: how what breaks a schema of one's own is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_nested.check_registry import load_checks
from helm_nested.checks import Claims, CustomSchema, DocumentSubject

CHECK = next(check for check in load_checks() if check.name == "custom-schema")
ROOT = Path(__file__).parents[2]
TRIGGER = ROOT / "schemas" / "keda" / "v2.21.0" / "temporal-trigger.json"


def advice(document: dict[str, Any], schema: CustomSchema) -> list[tuple[str, str]]:
    """Path and advice of each problem."""
    claims = Claims(custom_schemas=(schema,), without_schema={document["kind"]: "this is about a part of it"})
    return [(problem.path, problem.advice) for problem in CHECK.run(DocumentSubject(document, claims))]


def test_a_pattern_is_told_in_the_words_of_the_schema(tmp_path: Path) -> None:
    """An expression says little; a part of the schema that has no words adds none."""
    name = {"pattern": "^[a-z]+$", "description": "Lower-case letters."}
    schema = {"properties": {"spec": {"properties": {"name": name, "other": {"pattern": "a"}}}}}
    path = tmp_path / "widget.json"
    path.write_text(json.dumps(schema))
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"name": "A", "other": "b"}}
    told = advice(widget, CustomSchema("example.com/v1", "Widget", path))
    assert told == [("spec.name", "Lower-case letters."), ("spec.other", "")]


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_an_address_of_temporal_has_a_port_that_there_is(port: str) -> None:
    """KEDA takes any, and never connects."""
    metadata = {"endpoint": f"temporal:{port}", "namespace": "default", "taskQueue": "a"}
    ((path, words),) = advice(_scaled_object(metadata), _trigger())
    assert path == "spec.triggers[0].metadata.endpoint"
    assert "from 1 to 65535" in words


@pytest.mark.parametrize("queue", ["", " ", "\t\n"])
def test_a_blank_value_is_not_given(queue: str) -> None:
    """It is one problem, which says what KEDA makes of it."""
    metadata = {"endpoint": "temporal:7233", "namespace": "default", "taskQueue": queue}
    ((path, words),) = advice(_scaled_object(metadata), _trigger())
    assert path == "spec.triggers[0].metadata.taskQueue"
    assert "KEDA trims a value" in words


def _scaled_object(metadata: dict[str, str]) -> dict[str, Any]:
    spec = {"triggers": [{"type": "temporal", "metadata": metadata}]}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "spec": spec}


def _trigger() -> CustomSchema:
    where = {"type": "temporal"}
    return CustomSchema("keda.sh/v1alpha1", "ScaledObject", TRIGGER, "spec.triggers[].metadata", where)
