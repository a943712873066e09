"""What checks say follows the claimed versions, levels and schemas."""

from __future__ import annotations

import copy
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from helm_nested.checking.example import CLAIMS
from helm_nested.checks import (
    BundleSubject,
    Claims,
    CustomSchema,
    DocumentSubject,
    Problem,
)
from helm_nested.configuration import load_configuration
from helm_nested.errors import SchemaError
from helm_nested.kubernetes.api_group import BUILT_IN
from helm_nested.kubernetes.deprecation import VERSIONS
from helm_nested.kubernetes.quantity import quantity
from helm_nested.kubernetes.schema import is_valid, known_minors
from nested_templates.yaml_documents import Document

from .every_check import CHECKS, MINORS, ROOT


def scaled_object(*triggers: Any) -> Document:
    """A ScaledObject with these triggers."""
    spec = {"scaleTargetRef": {"name": "a"}, "minReplicaCount": 1, "triggers": list(triggers)}
    return {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"}, "spec": spec}


def test_a_trigger_is_held_to_the_schema_of_its_type() -> None:
    """A cpu trigger beside a temporal one is no false alarm, and a type that no KEDA has is told with the nearest."""
    claims = load_configuration(ROOT / "helm-nested.yaml").claims
    cpu = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "80"}}
    temporal = {"type": "temporal", "metadata": {"endpoint": "t:7233", "taskQueue": "q"}}
    assert problems("custom-schema", scaled_object(cpu, temporal), claims) == []
    (problem,) = problems("custom-schema", scaled_object(cpu, temporal | {"metadata": {"taskQueue": "q"}}), claims)
    assert problem.path == "spec.triggers[1].metadata"
    (problem,) = problems("custom-schema", scaled_object(temporal | {"type": "temporl"}), claims)
    assert (problem.path, problem.advice) == ("spec.triggers[0].type", "Did you mean 'temporal'?")
    assert "v2.18.3/trigger-type.json, v2.19.0/trigger-type.json" in problem.message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", 1),
        ("1000m", 1),
        ("0.5", "500m"),
        ("1Gi", 1024**3),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1k"),
        ("1E", "1e18"),
        (".5", 0.5),
    ],
)
def test_equal_quantities(one: object, other: object) -> None:
    """However a quantity is written, it means one number."""
    assert quantity(one) == quantity(other) is not None


@pytest.mark.parametrize("value", ["", "1GB", "1 Gi", "Gi", "1K", "one", "1e", "1.2.3", True, None, [], {}, "1e99"])
def test_no_quantities(value: object) -> None:
    """What Kubernetes refuses is no quantity."""
    assert quantity(value) is None


@pytest.mark.parametrize("minor", known_minors())
def test_built_in_groups_are_those_of_the_schemas(minor: str) -> None:
    """A group that comes with Kubernetes is never taken for a custom one."""
    root = files("kubernetes_validate") / "kubernetes-json-schema"
    (folder,) = (each for each in root.iterdir() if re.fullmatch(rf"v{re.escape(minor)}\.\d+-local-strict", each.name))
    text = (folder / "_definitions.json").read_text(encoding="utf-8")
    found = {
        version.rpartition("/")[0]
        for definition in json.loads(text)["$defs"].values()
        for version in definition.get("properties", {}).get("apiVersion", {}).get("enum", [])
    }
    assert len(found) > 10
    assert found <= BUILT_IN


@pytest.mark.parametrize(("api_version", "kind"), VERSIONS)
def test_removed_versions_are_gone_from_the_schemas(api_version: str, kind: str) -> None:
    """A version is in the schemas until the minor that is said to have dropped it."""
    version = VERSIONS[(api_version, kind)]
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    for minor in known_minors():
        number = int(minor.split(".")[1])
        if version.removed is not None and number >= version.removed:
            with pytest.raises(SchemaError):
                is_valid(document, minor)
        elif number >= version.deprecated:
            is_valid(document, minor)


def problems(name: str, document: Document, claims: Claims = CLAIMS, level: Any = "restricted") -> list[Problem]:
    """What a document check says of a document."""
    return list(CHECKS[name].run(DocumentSubject(document, claims, level)))


POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a"},
    "spec": {"hostUsers": False, "containers": [{"name": "main"}]},
}


def test_no_level_is_not_checked() -> None:
    """Only what is claimed is checked."""
    assert problems("pod-security", POD, level=None) == problems("pod-security", POD, level="privileged") == []
    assert problems("pod-security", POD, level="baseline") == []
    assert len(problems("pod-security", POD)) == 4


def test_root_in_a_user_namespace_is_allowed_when_every_version_knows_it() -> None:
    """The permission holds from Kubernetes 1.35 on."""
    new = {problem.message for problem in problems("pod-security", POD, Claims(("1.35", "1.36")))}
    old = {problem.message for problem in problems("pod-security", POD, Claims(("1.34", "1.35")))}
    assert {message.split()[0] for message in old - new} == {"runAsNonRoot"}


def test_minors_are_named_when_not_all_refuse() -> None:
    """A field that older versions do not know is one problem, which names them."""
    document = copy.deepcopy(POD) | {"spec": {"hostnameOverride": "a", "containers": [{"name": "main"}]}}
    (problem,) = problems("kubernetes-schema", document, Claims(MINORS))
    assert problem.message.startswith("Kubernetes 1.29, 1.30, 1.31, 1.32, 1.33: ")
    assert problems("kubernetes-schema", document, Claims(("1.36",))) == []


def test_a_key_that_is_a_number_does_not_hide_the_rest() -> None:
    """What JSON cannot carry is reported, and the rest is checked all the same."""
    document: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {1: "a", "b": 2}}
    found = problems("kubernetes-schema", document)
    assert [problem.path for problem in found] == ["data[1]", "data.b"]


def test_a_missing_schema_is_an_error(tmp_path: Path) -> None:
    """What could not be checked is never valid."""
    claims = Claims(custom_schemas=(CustomSchema("example.com/v1", "Widget", tmp_path / "none.json"),))
    with pytest.raises(SchemaError, match=r"none\.json cannot be used"):
        problems("custom-schema", {"apiVersion": "example.com/v1", "kind": "Widget"}, claims)


@pytest.mark.parametrize(
    ("schema", "advice"),
    [
        ("{}", "none of JSON Schema's words"),
        ("axes: {a: 1}", "none of JSON Schema's words"),
        ("{title: a widget, description: one}", "none of JSON Schema's words"),
        (
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: example.com}}",
            "name the file under checks.customResourceDefinitions",
        ),
    ],
)
def test_a_schema_that_says_nothing_is_an_error(tmp_path: Path, schema: str, advice: str) -> None:
    """It would accept every document; most often it is another file, such as a definition."""
    path = tmp_path / "schema.yaml"
    path.write_text(schema, encoding="utf-8")
    claims = Claims(custom_schemas=(CustomSchema("example.com/v1", "Widget", path),))
    with pytest.raises(SchemaError, match=r"says nothing, so it would accept everything") as caught:
        problems("custom-schema", {"apiVersion": "example.com/v1", "kind": "Widget"}, claims)
    assert advice in str(caught.value)


def test_a_schema_that_refers_elsewhere_is_an_error(tmp_path: Path) -> None:
    """Nothing is fetched."""
    schema = tmp_path / "schema.yaml"
    schema.write_text("$ref: https://example.com/schema.json\n")
    claims = Claims(custom_schemas=(CustomSchema("example.com/v1", "Widget", schema),))
    with pytest.raises(SchemaError, match="nothing is fetched"):
        problems("custom-schema", {"apiVersion": "example.com/v1", "kind": "Widget"}, claims)


@pytest.mark.parametrize(
    ("minors", "name", "expected"),
    [
        (("1.36", "1.37"), "1st", ""),
        (("1.37",), "1", ""),
        (("1.35", "1.36"), "1st", "start with a letter and end with a letter or digit; Kubernetes 1.36 is the first"),
        (("1.29", "1.35"), "1st", "start with a letter and end with a letter or digit"),
        ((), "1st", "start with a letter and end with a letter or digit"),
        (("1.36",), "First", "a letter or digit at both ends"),
        (("1.36",), "a.b", "a letter or digit at both ends"),
        (("1.36",), "1" * 64, "64 characters long"),
    ],
)
def test_services_may_start_with_a_digit_from_1_36(minors: tuple[str, ...], name: str, expected: str) -> None:
    """Where all claimed versions take a Service's name nothing is said; where some do, the message says which."""
    found = problems("name-syntax", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}, Claims(minors))
    assert len(found) == bool(expected)
    assert all(expected in problem.message for problem in found)


def test_annotations_have_a_limit() -> None:
    """262144 bytes of keys and values fit, one more does not."""
    fits = {"note": "é" * ((262_144 - 4) // 2)}
    assert problems("annotation-syntax", {"metadata": {"name": "a", "annotations": fits}}) == []
    (problem,) = problems("annotation-syntax", {"metadata": {"name": "a", "annotations": fits | {"b": ""}}})
    assert "262145" in problem.message


def test_the_release_namespace_is_where_objects_go() -> None:
    """An object without a namespace is in the release's; not knowing that, it may be anywhere."""
    settings: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    pod: Document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "namespace": "workers"},
        "spec": {"containers": [{"name": "main", "envFrom": [{"configMapRef": {"name": "settings"}}]}]},
    }
    run = CHECKS["reference"].run
    assert list(run(BundleSubject([settings, pod], Claims()))) == []
    assert list(run(BundleSubject([settings, pod], Claims(), "workers"))) == []
    (problem,) = run(BundleSubject([settings, pod], Claims(), "release"))
    assert problem.document == 1
    assert "in the namespace workers, only in release" in problem.message
