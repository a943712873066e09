"""The check `kubernetes-validation`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from helm_nested.checking.model import Check, Claims, DocumentSubject, Problem
from helm_nested.checks.custom_schema import as_kept, plain_faults
from helm_nested.errors import SchemaError
from helm_nested.kubernetes import field_path, validation
from helm_nested.kubernetes import schema as kubernetes_schema
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.resource_definition import ResourceDefinition
from nested_templates.document_path import join, nearest
from nested_templates.json_value import as_json
from nested_templates.yaml_documents import Document

# Kubernetes puts a value that is a whole object into its message as Go writes it; the path says where it is.
_OBJECT = re.compile(r"^(Invalid value|Duplicate value|Forbidden): \{.*\}(: |$)", re.DOTALL)
_LONGEST = 400
_MOUNT = re.compile(r"\.volume(Mounts|Devices)\[\d+\]\.name$")
# What a message says first of a text or a number.
_VALUE = re.compile(
    r'(Invalid value|Unsupported value|Not found|Duplicate value): ("(?:[^"\\]|\\.)*"|-?\d+)(?=: |$)(: )?'
)
# Said of rules that wait for another fault to be corrected, which is told.
_WAITING = "some validation rules were not checked because the object was invalid"


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    document, program = subject.document, subject.claims.kubernetes_program
    if program is None or _lacks_kind(document):
        return
    asked = document if subject.survey.is_json else as_json(document)
    if is_custom(document):
        yield from _custom(document, asked, program, subject.claims.definitions_for(document))
        return
    if _missing(subject.claims):
        return
    answer = validation.judged(program, asked)
    if not answer.known:
        # Of a kind that its schemas lack, kubernetes-schema says so of each claimed version.
        if _has_schema(document, validation.minor(program)):
            yield Problem(
                nearest("", document, ["kind"]),
                f"Kubernetes' own code does not judge {document['apiVersion']} {document['kind']}, so only its fields "
                f"were checked: {answer.reason}.",
                advice="Accept this under 'accepted' if it is meant.",
            )
        return
    told = _told_by_schemas(document, validation.minor(program)) if answer.faults else frozenset()
    for said in _said(answer, document):
        if not told & {said.path, said.parent}:
            yield Problem(said.path, said.message)


def _ahead(subjects: Sequence[DocumentSubject]) -> None:
    """Ask about all of these documents that are as JSON has them; others are not the object that is asked about."""
    questions: dict[Path, list[tuple[Document, ResourceDefinition | None]]] = {}
    for subject in subjects:
        document, claims = subject.document, subject.claims
        program = claims.kubernetes_program
        if program is None or _lacks_kind(document) or not subject.survey.is_json:
            continue
        asked = questions.setdefault(program, [])
        if not is_custom(document):
            asked += [] if _missing(claims) else [(document, None)]
            continue
        with suppress(SchemaError):  # the check says so
            asked += [(document, definition) for definition in claims.definitions_for(document)]
    for program, asked in questions.items():
        validation.ask_ahead(program, asked)


def _custom(
    document: Document, asked: Document, program: Path, definitions: Sequence[ResourceDefinition]
) -> Iterator[Problem]:
    """What each definition makes of a custom resource; those that the chart renders make no more than one of them."""
    found: dict[tuple[str, str], list[str]] = {}
    rendered: list[tuple[str, list[tuple[str, str]]]] = []
    is_accepted = False
    for definition in definitions:
        said: list[_Said] | None
        try:
            said = list(_said(validation.judged(program, asked, definition), document))
            told = _told_by_definition(document, definition) if said else frozenset()
            untold = [
                (each.path, each.message) for each in said if not (each.is_plain and told & {each.path, each.parent})
            ]
        except SchemaError as error:
            said, untold = None, [(nearest("", document, ["kind"]), f"it could not be checked: {error}")]
        if definition.is_rendered:
            rendered.append((definition.name, untold))
            is_accepted = is_accepted or said == []
            continue
        for fault in untold:
            found.setdefault(fault, []).append(definition.name)
    for name, faults in [] if is_accepted else rendered[:1]:
        for fault in faults:
            found.setdefault(fault, []).append(name)
    for (path, message), names in found.items():
        yield Problem(path, f"{message} ({', '.join(dict.fromkeys(names))})")


@dataclass(frozen=True, slots=True)
class _Said:
    """One thing that an answer says: its path, the path above it, and whether a JSON Schema can say it as well."""

    path: str
    parent: str
    message: str
    is_plain: bool = False


def _said(answer: validation.Answer, document: Document) -> Iterator[_Said]:
    places = [_place(fault, document) for fault in answer.faults]
    unfound = set(_unfound([place.steps for place in places], document))
    fields = {fault.field for fault in answer.faults}
    written = {fault.message for fault, place in zip(answer.faults, places, strict=True) if not place.missing}
    # What is said of one value of one field is one thing.
    said: dict[tuple[field_path.FieldPlace, str, bool], dict[str, None]] = {}
    for fault, place in zip(answer.faults, places, strict=True):
        if (_WAITING in fault.message and len(places) > 1) or (fault.message in unfound and _MOUNT.search(fault.field)):
            continue
        # Of a field that is not there Kubernetes says a value only if it took it from another field.
        source = fault.field.replace(".defaultRequest[", ".default[")
        is_taken = fault.message in written or (source != fault.field and source in fields)
        if place.missing and is_taken and _VALUE.match(fault.message):
            continue
        message = _OBJECT.sub(r"\1\2", fault.message)
        value = _VALUE.match(message)
        head = value[0] if value else message
        # A rule's own message says nothing of the body.
        is_plain = fault.type != "FieldValueInvalid" or " in body " in fault.message
        said.setdefault((place, head, is_plain), {})[message.removeprefix(head)] = None
    for (place, head, is_plain), messages in said.items():
        yield _Said(place.path, place.parent, _shortened(place.missing + head + "; ".join(messages)), is_plain)
    for warning in answer.warnings:
        field, colon, text = warning.partition(": ")
        if colon and " " not in field:
            place = field_path.located(field, document)
            yield _Said(place.path, place.parent, _shortened(f"{place.missing}Kubernetes warns: {text}"))
        else:
            yield _Said("", "", _shortened(f"Kubernetes warns: {warning}"))


def _place(fault: validation.Fault, document: Document) -> field_path.FieldPlace:
    """Where a fault is in the document, also where Kubernetes says the map alone, or a field that it filled itself."""
    place = field_path.located(fault.field, document)
    match = _VALUE.match(fault.message)
    if match is None:
        return place
    try:
        value = json.loads(match[2])
    except ValueError:  # Go quotes otherwise what cannot be printed
        return place
    part: Any = document
    for key in place.steps:
        part = part[key]
    if isinstance(part, dict):
        keys = [] if place.missing else [key for key in part if key == value]
        keys += [key for key, each in part.items() if type(each) is type(value) and each == value]
        if keys:
            return field_path.FieldPlace((*place.steps, keys[0]), "")
    # A Job's pods, say, have its name in a label.
    metadata = document.get("metadata")
    if place.missing and isinstance(metadata, dict) and value == metadata.get("name"):
        return field_path.FieldPlace(("metadata", "name"), "")
    return place


def _unfound(faulty: Sequence[tuple[str | int, ...]], document: Document) -> Iterator[str]:
    """What Kubernetes says of mounts of a volume that is there and is faulty itself: that there is none.

    It forgets no other part that it rejects: a faulty claim, container or capacity is found by its name all the same.
    """
    for steps in faulty:
        if "volumes" in steps[:-1]:
            volume: Any = document
            for step in steps[: steps.index("volumes") + 2]:
                volume = volume[step]
            yield f'Not found: "{volume.get("name") if isinstance(volume, dict) else volume}"'


def _told_by_definition(document: Document, definition: ResourceDefinition) -> frozenset[str]:
    try:
        return frozenset(problem.path for problem in plain_faults(as_kept(document), definition))
    except SchemaError:
        return frozenset()


def _lacks_kind(document: Document) -> bool:
    return not (isinstance(document.get("kind"), str) and isinstance(document.get("apiVersion"), str))


def _has_schema(document: Document, minor: str) -> bool:
    try:
        list(kubernetes_schema.faults(document, minor))
    except SchemaError:
        return False
    except ValueError:
        pass  # its values cannot be read, which is told; its kind is known
    return True


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
    return _too_new(validation.minor(claims.kubernetes_program), claims.kubernetes_minors)


@lru_cache(maxsize=64)
def _too_new(own: str, claimed: tuple[str, ...]) -> str:
    newest = max(claimed, key=_order, default=own)
    if _order(newest) < _order(own):
        return f"not run, its code is that of Kubernetes {own} and the newest version claimed is {newest}"
    return ""


def _order(minor: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", minor))


CHECK = Check(
    name="kubernetes-validation",
    scope="document",
    message="Kubernetes' own code accepts every object and warns of nothing; otherwise the API server rejects it.",
    run=_run,
    ahead=_ahead,
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
