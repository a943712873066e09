"""Updates are judged by Kubernetes' own code: what may not change."""

from __future__ import annotations

from pathlib import Path

import pytest

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


@needs_program
@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        (workload("a"), workload("b"), "spec.selector"),
        (job("a:1"), job("a:2"), "spec.template"),
        (priority(1000), priority(2000), "value"),
        (claim("1Gi", "ReadWriteOnce"), claim("1Gi", "ReadWriteMany"), "spec"),
        (stateful("a"), stateful("b"), "spec"),
    ],
    ids=["selector", "job template", "priority", "claim", "stateful set"],
)
def test_an_update_of_what_may_not_change_is_rejected(
    before: Document, after: Document, field: str, program: Path
) -> None:
    """A changed selector, Job template, priority, volume claim or StatefulSet field is rejected as an update."""
    assert [each.field for each in validation.judged_update(program, before, after).faults] == [field]


@needs_program
def test_an_update_of_what_may_change_is_accepted(program: Path) -> None:
    """Another image of a Deployment is accepted as an update."""
    answer = validation.judged_update(program, workload("a"), workload("a", "a:2"))
    assert answer.known
    assert answer.faults == ()
