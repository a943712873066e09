"""The check `budget-selects-nothing`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import BundleSubject, Check, Problem
from helm_nested.kubernetes.bundle_object import identity, namespace_of
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.label_selector import unmet
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.document_path import nearest, put
from nested_templates.yaml_documents import Document


def _run(subject: BundleSubject) -> Iterator[Problem]:
    budgets = [each for each in subject.objects() if each.kind == "PodDisruptionBudget"]
    if not budgets:
        return
    pods = [
        (namespace_of(document, subject.namespace), map_of(template.metadata.get("labels")))
        for document in subject.documents
        if (template := pod_template(document)) is not None
    ]
    for budget in budgets:
        selector = map_of(budget.document.get("spec")).get("selector")
        # No selector selects nothing, an empty one everything: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
        selects = isinstance(selector, dict) and any(
            budget.is_in(namespace) and not any(unmet(selector, "", labels)) for namespace, labels in pods
        )
        if not selects:
            yield Problem(
                nearest("", budget.document, ["spec", "selector"]),
                "no pod template of the bundle has the labels that this PodDisruptionBudget selects, in its namespace.",
                budget.number,
                advice="Select the labels of one.",
            )


def _view(document: Document) -> Document:
    view = identity(document)
    template = pod_template(document)
    spec = map_of(document.get("spec"))
    if template is not None:
        put(view, f"{template.metadata_path}.labels", map_of(template.metadata.get("labels")))
    elif document.get("kind") == "PodDisruptionBudget" and "spec" in document:
        view["spec"] = {"selector": spec["selector"]} if "selector" in spec else {}
    return view


CHECK = Check(
    name="budget-selects-nothing",
    scope="bundle",
    message="Every PodDisruptionBudget selects pods of the bundle; otherwise it protects nothing.",
    run=_run,
    view=_view,
    passing=(
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  template:
    metadata:
      labels: {app: worker, version: v1}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: worker
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: worker}
""",
    ),
    failing=(
        """\
# another label
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  template:
    metadata:
      labels: {app: workers, version: v1}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: worker
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: worker}
""",
        """\
# in another namespace
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  namespace: a
spec:
  template:
    metadata:
      labels: {app: worker, version: v1}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: worker
  namespace: b
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: worker}
""",
        """\
# no selector
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
spec:
  template:
    metadata:
      labels: {app: worker, version: v1}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: worker
spec:
  maxUnavailable: 1
""",
    ),
)
