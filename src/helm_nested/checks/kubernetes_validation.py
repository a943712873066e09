"""The check `kubernetes-validation`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_nested.checking.model import Check, Claims, DocumentSubject, Problem
from helm_nested.document_path import join
from helm_nested.errors import SchemaError
from helm_nested.kubernetes import field_path, validation
from helm_nested.kubernetes import schema as kubernetes_schema
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.json_value import as_json
from helm_nested.yaml_documents import Document

# Kubernetes puts a value that is a whole object into its message as Go writes it; the path says where it is.
_OBJECT = re.compile(r"^(Invalid value|Duplicate value|Forbidden): \{.*\}(: |$)", re.DOTALL)
_LONGEST = 400


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document, program = subject.document, subject.claims.kubernetes_program
    if program is None or _missing(subject.claims) or is_custom(document) or _lacks_kind(document):
        return
    answer = validation.judged(program, document if subject.survey.is_json else as_json(document))
    if not answer.known:
        # A kind or version that this release does not serve: kubernetes-schema says so of each claimed version.
        return
    told = _told_by_schemas(document, validation.minor(program)) if answer.faults else frozenset()
    for fault in answer.faults:
        place = field_path.located(fault.field, document)
        if not told & {place.path, place.parent}:
            yield Problem(place.path, _shortened(place.missing + _OBJECT.sub(r"\1\2", fault.message)))
    for warning in answer.warnings:
        field, colon, text = warning.partition(": ")
        if colon and " " not in field:
            place = field_path.located(field, document)
            yield Problem(place.path, _shortened(f"{place.missing}Kubernetes warns: {text}"))
        else:
            yield Problem("", _shortened(f"Kubernetes warns: {warning}"))


def _lacks_kind(document: Document) -> bool:
    return not (isinstance(document.get("kind"), str) and isinstance(document.get("apiVersion"), str))


def _told_by_schemas(document: Document, minor: str) -> frozenset[str]:
    try:
        return frozenset(join("", path) for path, _ in kubernetes_schema.faults(document, minor))
    except (SchemaError, ValueError):
        return frozenset()


def _shortened(message: str) -> str:
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]} …"


def _missing(claims: Claims) -> str:
    if claims.kubernetes_program is None:
        return validation.NOT_RUN
    own = validation.minor(claims.kubernetes_program)
    if claims.kubernetes_minors and max(map(_order, claims.kubernetes_minors)) < _order(own):
        newest = max(claims.kubernetes_minors, key=_order)
        return f"not run, its code is that of Kubernetes {own} and the newest version claimed is {newest}"
    return ""


def _order(minor: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", minor))


CHECK = Check(
    name="kubernetes-validation",
    scope="document",
    message="Kubernetes' own code accepts every object and warns of nothing; otherwise the API server rejects it.",
    run=_run,
    missing=_missing,
    needs="the program that `make tools` builds from Kubernetes' own code; without it nothing is said",
    passing=(
        """\
apiVersion: v1
kind: Service
metadata:
  name: worker
spec:
  type: LoadBalancer
  selector: {app: worker}
  ports:
    - {port: 80, targetPort: 8080}
""",
    ),
    failing=(
        """\
# a value that the schema takes for any text
apiVersion: v1
kind: Service
metadata:
  name: worker
spec:
  type: Loadbalancer
  selector: {app: worker}
  ports:
    - {port: 80, targetPort: 8080}
""",
        """\
# two fields that exclude each other
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: worker
spec:
  minAvailable: 1
  maxUnavailable: 1
  selector:
    matchLabels: {app: worker}
""",
        """\
# a container without an image
apiVersion: v1
kind: Pod
metadata:
  name: worker
spec:
  containers:
    - name: main
""",
    ),
)
