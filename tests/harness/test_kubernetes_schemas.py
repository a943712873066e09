"""Kubernetes' schemas: only what a kind leads to is compiled, and versions that agree share it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from helm_nested.kubernetes.schema import DEFINITIONS, faults, is_valid, known_minors, refusing, schema_folder
from nested_templates.yaml_documents import load_documents

NEWEST = known_minors()[-1]
POD = {"containers": [{"name": "main", "image": "a", "env": [{"name": "A", "valueFrom": {"fieldRef": {"path": "x"}}}]}]}
# Each wrong far down, where a definition is reached through several others.
WRONG = [
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": POD},
    {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "a", "ownerReferences": [{"kid": "x"}]},
        "spec": {"schedule": "x", "jobTemplate": {"spec": {"template": {"spec": POD}}}},
    },
    {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "a"},
        "spec": {
            "versions": [{"schema": {"openAPIV3Schema": {"properties": {"a": {"not": {"items": {"pattrn": "x"}}}}}}}]
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "a", "creationTimestamp": 1},
        "spec": {"egress": [{"ports": [{"port": True}]}]},
    },
]


@pytest.mark.parametrize("document", WRONG, ids=lambda document: str(document["kind"]))
def test_definitions_that_are_left_out_are_not_missed(document: dict[str, Any]) -> None:
    """The faults are those that the schema finds with every definition of that version at hand."""
    folder = schema_folder(NEWEST)
    group, _, version = document["apiVersion"].rpartition("/")
    name = "-".join(part for part in (document["kind"].lower(), group.split(".")[0], version) if part)
    whole = jsonschema_rs.validator_for(
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8")),
        registry=jsonschema_rs.Registry(
            [(DEFINITIONS, json.loads((folder / DEFINITIONS).read_text(encoding="utf-8")))]
        ),
    )
    expected = sorted(tuple(map(str, error.instance_path)) for error in whole.iter_errors(document))
    assert expected
    assert sorted(tuple(map(str, path)) for path, _ in faults(document, NEWEST)) == expected


@pytest.mark.parametrize(
    ("text", "known_since"),
    [
        ("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [], hostnameOverride: a}}", 34),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}", 0),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, dta: {a: b}}", 99),
    ],
)
def test_versions_that_share_a_schema_are_told_apart_where_they_differ(text: str, known_since: int) -> None:
    """A document is refused by exactly the versions that do not know one of its fields."""
    (document,) = load_documents(text, "a text")
    minors = known_minors()
    assert refusing(document, minors) == [each for each in minors if int(each.split(".")[1]) < known_since]
    assert refusing(document, minors) == [each for each in minors if not is_valid(document, each)]


def test_versions_that_agree_share_one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that seldom changes is compiled less often than there are versions."""
    compiled = []
    real = jsonschema_rs.validator_for

    def counted(*arguments: Any, **options: Any) -> Any:
        compiled.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(jsonschema_rs, "validator_for", counted)
    (document,) = load_documents("{apiVersion: v1, kind: LimitRange, metadata: {name: a}}", "a text")
    assert refusing(document, known_minors()) == []
    assert 0 < len(compiled) < len(known_minors())
