"""The check `kubernetes-schema`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.errors import SchemaError
from helm_nested.kubernetes import schema as kubernetes_schema
from helm_nested.kubernetes.api_group import is_custom
from nested_templates.document_path import has, join, nearest
from nested_templates.json_value import as_json, json_faults
from nested_templates.yaml_documents import Document


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document, minors = subject.document, subject.claims.kubernetes_minors
    if is_custom(document):
        return
    try:
        refusing = kubernetes_schema.refusing(document, minors)
    except (SchemaError, ValueError):
        refusing = list(minors)
    if not refusing:
        return
    faults = dict(json_faults(document))
    yield from (Problem(path, fault) for path, fault in faults.items())
    # What JSON cannot carry may be hiding more: the rest is checked without it.
    carried = as_json(document) if faults else document
    for problem in _problems(carried, refusing, minors):
        if not faults or has(document, problem.path):
            yield problem


def _problems(document: Document, refusing: list[str], minors: tuple[str, ...]) -> Iterator[Problem]:
    """One problem for each path, naming the minors when not all refuse the document there."""
    messages: dict[str, dict[str, None]] = {}
    where: dict[str, list[str]] = {}
    for minor in refusing:
        for path, message in _faults(document, minor):
            messages.setdefault(path, {})[message] = None
            if minor not in where.setdefault(path, []):
                where[path].append(minor)
    for path, found in messages.items():
        some = "" if len(where[path]) == len(minors) else f"Kubernetes {', '.join(where[path])}: "
        yield Problem(path, some + "; ".join(found))


def _faults(document: Document, minor: str) -> Iterator[tuple[str, str]]:
    try:
        for path, message in kubernetes_schema.faults(document, minor):
            yield join("", path), message
    except SchemaError:
        kind, api_version = document.get("kind"), document.get("apiVersion")
        if kind is None or api_version is None:
            missing = " and no ".join(key for key in ("apiVersion", "kind") if document.get(key) is None)
            yield "", f"it has no {missing}, so it is no object of Kubernetes. Add what is missing"
            return
        yield (
            nearest("", document, ["apiVersion" if kind else "kind"]),
            f"there is no schema for {api_version} {kind}, so it could not be checked. Correct apiVersion and kind",
        )


CHECK = Check(
    name="kubernetes-schema",
    scope="document",
    message="Every claimed version of Kubernetes has every field in its published schemas, with a value of that type.",
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: worker
automountServiceAccountToken: false
""",
    ),
    failing=(
        """\
# no object
log-level: 0
""",
        """\
# a misspelt field
apiVersion: v1
kind: ServiceAccount
metadata:
  name: worker
automountToken: false
""",
        """\
# a number where a text belongs
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  port: 7233
""",
        """\
# a field that only some versions know
apiVersion: v1
kind: Pod
metadata:
  name: worker
spec:
  hostnameOverride: worker
  containers:
    - name: main
      image: worker:1
""",
        """\
# a kind that there is not in this version of its group
apiVersion: v1
kind: Deployment
metadata:
  name: worker
""",
        """\
# a date, where Kubernetes knows only texts
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  since: 2024-01-01
""",
    ),
)
