"""The check `unknown-port-name`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.suggestion import did_you_mean

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")
_HANDLERS = ("httpGet", "tcpSocket")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    for path, container in template.containers():
        names = {str(port["name"]) for _, port in maps_in(container.get("ports"), "") if port.get("name")}
        for place, port in _ports(path, container):
            if isinstance(port, str) and not port.isdecimal() and port not in names:
                yield Problem(
                    place,
                    f"this container has no port that is named {port!r}, so nothing can be asked there.",
                    advice=did_you_mean(port, names),
                )


def _ports(path: str, container: dict[Any, Any]) -> Iterator[tuple[str, object]]:
    """Every port that a probe or a lifecycle hook of the container asks, with its path."""
    asking = [(f"{path}.{key}", map_of(container.get(key))) for key in _PROBES]
    lifecycle = map_of(container.get("lifecycle"))
    asking += [(f"{path}.lifecycle.{key}", map_of(lifecycle.get(key))) for key in _HOOKS]
    for place, action in asking:
        for handler in _HANDLERS:
            yield f"{place}.{handler}.port", map_of(action.get(handler)).get("port")


CHECK = Check(
    name="unknown-port-name",
    scope="document",
    message="A port that a probe or a lifecycle hook names is a port of its container; otherwise it always fails.",
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
      ports: [{name: metrics, containerPort: 9000}]
      livenessProbe: {httpGet: {path: /, port: metrics}}
      readinessProbe: {tcpSocket: {port: 7000}}
""",
    ),
    failing=(
        """\
# a misspelt name
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      ports: [{name: metrics, containerPort: 9000}]
      livenessProbe: {httpGet: {path: /, port: metric}}
""",
        """\
# the port of another container
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      lifecycle: {preStop: {httpGet: {path: /, port: metrics}}}
    - name: second
      ports: [{name: metrics, containerPort: 9000}]
""",
    ),
)
