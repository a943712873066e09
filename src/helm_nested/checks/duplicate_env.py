"""The check `duplicate-env`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import maps_in
from helm_nested.kubernetes.pod_spec import pod_template


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    for path, container in template.containers():
        seen: dict[str, str] = {}
        for place, variable in maps_in(container.get("env"), f"{path}.env"):
            name = variable.get("name")
            if not isinstance(name, str):
                continue
            if name in seen:
                advice = f"It is first set at {seen[name]}. Remove one."
                yield Problem(f"{place}.name", f"{name} is set twice.", advice=advice)
            else:
                seen[name] = place


CHECK = Check(
    name="duplicate-env",
    scope="document",
    message="No container sets a variable twice; otherwise server-side apply rejects it, or the last value wins.",
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      env: [{name: A, value: a}, {name: B, value: a}]
""",
    ),
    failing=(
        """\
# the same name in one container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      env: [{name: A, value: a}, {name: A, value: b}]
""",
        """\
# in an init container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  initContainers:
    - name: first
      env: [{name: A, value: a}, {name: A, value: a}]
""",
    ),
)
