"""The check `variable-order`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import list_of, map_of, maps_in
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.yaml_documents import Document

# In commands and arguments only names like this one are looked at: a shell knows the others, as in `$(date)`.
_OF_VARIABLES = re.compile(r"[A-Z_][A-Z0-9_]*")
# `$$` is an escaped dollar sign, so `$$(NAME)` refers to nothing.
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)")
# What the kubelet sets for every Service: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_SERVICES = re.compile(r"[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT|PORT)(_\w+)?")

# What a Job that is Indexed adds to every container of its pods.
_INDEX = "JOB_COMPLETION_INDEX"


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    is_indexed = _is_indexed(subject.document)
    for path, container in template.containers():
        variables = list(maps_in(container.get("env"), f"{path}.env"))
        prefixes = [str(source.get("prefix") or "") for _, source in maps_in(container.get("envFrom"), "")]
        names = {str(variable.get("name")) for _, variable in variables}
        defined: set[str] = set()
        for place, variable in variables:
            value = variable.get("value")
            for name in _REFERENCE.findall(value) if isinstance(value, str) else ():
                if not name or name in defined or _may_be_there(name, prefixes):
                    continue
                if name in names:
                    yield Problem(
                        f"{place}.value",
                        f"$({name}) refers to a variable that is not defined before it, so it stays as it is.",
                        advice=f"Define {name} further up in the list.",
                    )
                else:
                    yield _undefined(f"{place}.value", name)
            defined.add(str(variable.get("name")))
        if is_indexed:
            names.add(_INDEX)  # the last one of the list
        for place, text, is_path in _expanded(container, path):
            for name in _REFERENCE.findall(text):
                is_meant = is_path or _OF_VARIABLES.fullmatch(name)
                if name and is_meant and name not in names and not _may_be_there(name, prefixes):
                    yield _undefined(place, name)


def _is_indexed(document: Document) -> bool:
    """Whether it makes a Job that counts its pods."""
    spec = map_of(document.get("spec"))
    if document.get("kind") == "CronJob":
        spec = map_of(map_of(spec.get("jobTemplate")).get("spec"))
    elif document.get("kind") == "ScaledJob":
        spec = map_of(spec.get("jobTargetRef"))
    return spec.get("completionMode") == "Indexed"


def _may_be_there(name: str, prefixes: list[str]) -> bool:
    """Whether the kubelet, or a ConfigMap or Secret whose keys get one of these prefixes, may bring the variable."""
    return bool(_OF_SERVICES.fullmatch(name)) or any(name.startswith(prefix) for prefix in prefixes)


def _expanded(container: dict[Any, Any], path: str) -> Iterator[tuple[str, str, bool]]:
    """What Kubernetes expands besides variables: words of commands, and the paths of mounts."""
    for key in ("command", "args"):
        for number, word in enumerate(list_of(container.get(key))):
            if isinstance(word, str):
                yield f"{path}.{key}[{number}]", word, False
    for place, mount in maps_in(container.get("volumeMounts"), f"{path}.volumeMounts"):
        if isinstance(mount.get("subPathExpr"), str):
            yield f"{place}.subPathExpr", mount["subPathExpr"], True


def _undefined(path: str, name: str) -> Problem:
    return Problem(
        path,
        f"$({name}) refers to a variable that this container does not have, so it stays as it is.",
        advice=f"Define {name}, or write $$({name}) if the text is meant.",
    )


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
      command: [sh, -c, "echo $(date) $(URL)"]
""",
        """\
# what Kubernetes adds
apiVersion: batch/v1
kind: Job
metadata:
  name: a
spec:
  completionMode: Indexed
  completions: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: worker:1
          args: [--part=$(JOB_COMPLETION_INDEX)]
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
# in arguments and in a mount's path, and beside a source that gives its variables another prefix
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      args: ["--host=$(HOTS)"]
      envFrom: [{prefix: DB_, secretRef: {name: database}}]
      env:
        - {name: HOST, value: "$(DB_HOST).$(DOMAIN)"}
      volumeMounts: [{name: data, mountPath: /data, subPathExpr: $(pod)}]
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
