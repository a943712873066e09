"""Updates are judged by Kubernetes' own code: what may not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.difference.collection import Entry, Example, Where
from helm_nested.difference.edit import Edit
from helm_nested.difference.update import Updates
from helm_nested.kubernetes import validation
from nested_templates.yaml_documents import Document

from .kubernetes_program import document, needs_program


def workload(label: str, image: str = "a:1") -> Document:
    """A Deployment that selects the pods with that label."""
    return document(f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: a}}
spec:
  selector: {{matchLabels: {{app: {label}}}}}
  template:
    metadata: {{labels: {{app: {label}}}}}
    spec: {{containers: [{{name: main, image: "{image}"}}]}}
""")


def job(image: str) -> Document:
    """A Job with that image."""
    return document(f"""\
apiVersion: batch/v1
kind: Job
metadata: {{name: a}}
spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: "{image}"}}]}}}}}}
""")


def priority(value: int) -> Document:
    """A PriorityClass with that value."""
    return document(f"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {{name: a}}\nvalue: {value}")


def claim(size: str, mode: str) -> Document:
    """A volume claim of that size and access mode."""
    return document(f"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: a}}
spec: {{accessModes: [{mode}], resources: {{requests: {{storage: {size}}}}}}}
""")


def stateful(service: str) -> Document:
    """A StatefulSet of that service."""
    changed = workload("a")
    changed["kind"] = "StatefulSet"
    changed["spec"]["serviceName"] = service
    return changed


def definition(scope: str, version: str = "v1") -> Document:
    """The definition of a kind with that scope and version."""
    return document(f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.example.com}}
spec:
  group: example.com
  scope: {scope}
  names: {{plural: widgets, kind: Widget}}
  versions: [{{name: {version}, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]
""")


@needs_program
@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        (workload("a"), workload("b"), "spec.selector"),
        (job("a:1"), job("a:2"), "spec.template"),
        (priority(1000), priority(2000), "value"),
        (claim("1Gi", "ReadWriteOnce"), claim("1Gi", "ReadWriteMany"), "spec"),
        (claim("2Gi", "ReadWriteOnce"), claim("1Gi", "ReadWriteOnce"), "spec.resources.requests.storage"),
        (stateful("a"), stateful("b"), "spec"),
        (definition("Namespaced"), definition("Cluster"), "spec.scope"),
        (definition("Cluster"), definition("Cluster", "v2"), "status.storedVersions[0]"),
    ],
    ids=["selector", "job template", "priority", "claim", "smaller claim", "stateful set", "scope", "stored version"],
)
def test_an_update_of_what_may_not_change_is_rejected(
    before: Document, after: Document, field: str, program: Path
) -> None:
    """A changed selector, Job template, priority, volume claim or StatefulSet field is rejected as an update."""
    assert [each.field for each in validation.judged_update(program, before, after).faults] == [field]


@needs_program
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (workload("a"), workload("a", "a:2")),
        (claim("1Gi", "ReadWriteOnce"), claim("2Gi", "ReadWriteOnce")),
    ],
    ids=["image", "larger claim"],
)
def test_an_update_of_what_may_change_is_accepted(before: Document, after: Document, program: Path) -> None:
    """Another image of a Deployment is accepted as an update, and a claim that is bound may ask for more."""
    answer = validation.judged_update(program, before, after)
    assert answer.known
    assert answer.faults == ()


def mirror(of: str, team: str) -> Document:
    """A pod with an annotation that may not change, and one that may."""
    annotations = f"{{kubernetes.io/config.mirror: {of}, example.com/team: {team}}}"
    return document(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: a, annotations: {annotations}}}
spec: {{nodeName: node-1, containers: [{{name: main, image: "a:1"}}]}}
""")


@needs_program
@pytest.mark.parametrize(("key", "is_rejected"), [("kubernetes.io/config.mirror", True), ("example.com/team", False)])
def test_a_refused_key_with_dots_is_no_refusal_of_its_neighbour(key: str, is_rejected: bool, program: Path) -> None:
    """Of two changed annotations only the one that Kubernetes names is refused."""
    example = Example(mirror("a", "speech"), mirror("b", "video"), 0)
    edit = Edit(("metadata", "annotations", key), "before", "after")
    where = Where("installed", "Pod", "pod.yaml")
    ((_, reasons),) = Updates(program).judged(Entry((edit,), frozenset(), (where,), 1, example, ((example,),)))
    assert bool(reasons) is is_rejected
