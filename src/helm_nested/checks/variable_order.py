"""The check `variable-order`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import list_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template

# `$$` is an escaped dollar sign, so `$$(NAME)` refers to nothing.
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
# What the kubelet sets for every Service: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_SERVICES = re.compile(r"[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT|PORT)(_\w+)?")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    for path, container in template.containers():
        variables = list(maps_in(container.get("env"), f"{path}.env"))
        may_come_from_elsewhere = bool(list_of(container.get("envFrom")))
        names = {str(variable.get("name")) for _, variable in variables}
        defined: set[str] = set()
        for place, variable in variables:
            value = variable.get("value")
            for name in _REFERENCE.findall(value) if isinstance(value, str) else ():
                if not name or name in defined or _OF_SERVICES.fullmatch(name):
                    continue
                if name in names and not may_come_from_elsewhere:
                    yield Problem(
                        f"{place}.value",
                        f"$({name}) refers to a variable that is not defined before it, so it stays as it is.",
                        advice=f"Define {name} further up in the list.",
                    )
                elif name not in names and not may_come_from_elsewhere:
                    yield Problem(
                        f"{place}.value",
                        f"$({name}) refers to a variable that this container does not have, so it stays as it is.",
                        advice=f"Define {name}, or write $$({name}) if the text is meant.",
                    )
            defined.add(str(variable.get("name")))


CHECK = Check(
    name="variable-order",
    scope="document",
    message="A variable refers only to variables that stand before it; Kubernetes leaves any other reference as text.",
    run=_run,
    passing=(
        """\
# defined before it is used, escaped, and brought by a ConfigMap
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      env:
        - {name: HOST, value: a}
        - {name: URL, value: "http://$(HOST):$(KUBERNETES_SERVICE_PORT)"}
        - {name: TEXT, value: "$$(NOT_THERE)"}
    - name: second
      envFrom: [{configMapRef: {name: settings}}]
      env:
        - {name: URL, value: "http://$(HOST)"}
""",
    ),
    failing=(
        """\
# defined after it is used
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      env:
        - {name: URL, value: "http://$(HOST)"}
        - {name: HOST, value: a}
""",
        """\
# defined nowhere, in an init container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  initContainers:
    - name: first
      env:
        - {name: URL, value: "http://$(HOTS)"}
        - {name: HOST, value: a}
""",
    ),
)
