"""The check `selector-mismatch`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.label_selector import unmet, unmet_map
from helm_nested.kubernetes.pod_spec import pod_template

# Of these the selector must not be empty; a Job's is made for it, and then not written.
_SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document = subject.document
    template = pod_template(document)
    spec = map_of(document.get("spec"))
    if template is None or not isinstance(spec.get("selector"), dict):
        return
    labels, selector = map_of(template.metadata.get("labels")), spec["selector"]
    kind = document.get("kind")
    if kind == "ReplicationController":
        expected = unmet_map(selector, "spec.selector", labels)
    else:
        expected = unmet(selector, "spec.selector", labels)
    for path, requirement in expected:
        yield Problem(path, f"the pod template's labels do not meet {requirement!r}")
    if kind in _SELECTING and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        advice = "Select labels of its pod template."
        yield Problem("spec.selector", f"a {kind} must select something.", advice=advice)


CHECK = Check(
    name="selector-mismatch",
    scope="document",
    message="A workload selects the pods that it makes; otherwise Kubernetes rejects it.",
    run=_run,
    passing=(
        """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  selector:
    matchLabels: {app: a}
    matchExpressions:
      - {key: tier, operator: In, values: [gpu, cpu]}
  template:
    metadata:
      labels: {app: a, tier: gpu, version: v1}
""",
    ),
    failing=(
        """\
# another value
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  selector:
    matchLabels: {app: a}
  template:
    metadata:
      labels: {app: b}
""",
        """\
# a label that the pods do not have
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  selector:
    matchExpressions:
      - {key: tier, operator: Exists}
  template:
    metadata:
      labels: {app: a}
""",
        """\
# an empty selector
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  selector: {}
  template:
    metadata:
      labels: {app: a}
""",
    ),
)
