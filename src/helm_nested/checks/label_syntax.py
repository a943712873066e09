"""The check `label-syntax`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in, what
from helm_nested.kubernetes.name import label_key_fault, label_value_fault
from helm_nested.kubernetes.object_metadata import object_metadata
from helm_nested.kubernetes.pod_spec import PodTemplate, pod_template
from nested_templates.document_path import step
from nested_templates.yaml_documents import Document

_PLAIN_SELECTORS = frozenset({"Service", "ReplicationController"})
# nodeAffinity's operators that compare numbers, not labels.
_NUMERIC = frozenset({"Gt", "Lt"})


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    for path, metadata in object_metadata(document):
        if "labels" in metadata:
            yield from _labels(metadata["labels"], f"{path}.labels")
    yield from _selectors(document)
    template = pod_template(document)
    if template is not None:
        yield from _labels(template.spec.get("nodeSelector"), f"{template.path}.nodeSelector")
        yield from _scheduling(template)


def _selectors(document: Document) -> Iterator[Problem]:
    spec = map_of(document.get("spec"))
    selector = map_of(spec.get("selector"))
    if str(document.get("kind")) in _PLAIN_SELECTORS:
        yield from _labels(selector, "spec.selector")
    elif selector:
        yield from _selector(selector, "spec.selector")
    if "podSelector" in spec:
        yield from _selector(map_of(spec["podSelector"]), "spec.podSelector")


def _scheduling(template: PodTemplate) -> Iterator[Problem]:
    path, spec = template.path, template.spec
    for place, constraint in maps_in(spec.get("topologySpreadConstraints"), f"{path}.topologySpreadConstraints"):
        yield from _selector(map_of(constraint.get("labelSelector")), f"{place}.labelSelector")
    for name, affinity in map_of(spec.get("affinity")).items():
        above = f"{path}.affinity.{name}"
        for key in (
            "requiredDuringSchedulingIgnoredDuringExecution",
            "preferredDuringSchedulingIgnoredDuringExecution",
        ):
            term = map_of(affinity).get(key)
            if isinstance(term, dict):
                # Only nodeAffinity's required part is a map.
                for place, each in maps_in(term.get("nodeSelectorTerms"), f"{above}.{key}.nodeSelectorTerms"):
                    yield from _selector(each, place)
            for place, each in maps_in(term, f"{above}.{key}"):
                # A preferred term is wrapped together with its weight.
                yield from _selector(map_of(each.get("preference")), f"{place}.preference")
                yield from _selector(map_of(each.get("labelSelector")), f"{place}.labelSelector")
                inner = map_of(each.get("podAffinityTerm"))
                yield from _selector(map_of(inner.get("labelSelector")), f"{place}.podAffinityTerm.labelSelector")


def _selector(selector: dict[Any, Any], path: str) -> Iterator[Problem]:
    if not selector:
        return
    yield from _labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for place, expression in maps_in(selector.get("matchExpressions"), f"{path}.matchExpressions"):
        if "key" in expression and (fault := _key_fault(expression["key"])):
            yield Problem(f"{place}.key", fault, advice=_advice(expression["key"]))
        if str(expression.get("operator")) in _NUMERIC:
            continue
        for number, value in enumerate(list_of(expression.get("values"))):
            if fault := _value_fault(value):
                yield Problem(f"{place}.values[{number}]", fault, advice=_advice(value))


def _labels(labels: object, path: str) -> Iterator[Problem]:
    for key, value in map_of(labels).items():
        if fault := _key_fault(key):
            yield Problem(step(path, key), fault, advice=_advice(key))
        elif fault := _value_fault(value):
            yield Problem(step(path, key), fault, advice=_advice(value))


def _advice(part: object) -> str:
    return "" if isinstance(part, str) else "Put it in quotes."


def _key_fault(key: object) -> str | None:
    if not isinstance(key, str):
        return f"the key {key!r} is {what(key)}, not a text."
    fault = label_key_fault(key)
    return f"the key {key!r} is not a valid label key: {fault}" if fault else None


def _value_fault(value: object) -> str | None:
    if not isinstance(value, str):
        return f"the value {'' if value is None else repr(value) + ' '}is {what(value)}, not a text."
    fault = label_value_fault(value)
    return f"the value {value!r} is not a valid label value: it {fault}" if fault else None


CHECK = Check(
    name="label-syntax",
    scope="document",
    message=(
        "Labels and selectors have keys and values that Kubernetes takes "
        "(63 characters, a prefix of 253, only texts); otherwise it rejects the object."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    example.com/team: Vision_2.0
    empty: ""
    number: "1"
""",
    ),
    failing=(
        """\
# a number
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    number: 1
""",
        """\
# nothing
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    team:
""",
        """\
# a key that is a number
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    123: a
""",
        """\
# a blank
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    team: computer vision
""",
        """\
# 64 characters
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    team: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
""",
        """\
# a prefix that is no domain
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    Example.com/team: a
""",
        """\
# a selector
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: a
spec:
  minAvailable: 1
  selector:
    matchLabels:
      app: -a
""",
        """\
# an affinity
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  affinity:
    podAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 1
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchExpressions:
                - key: 1234
                  operator: In
                  values: [a]
""",
    ),
)
