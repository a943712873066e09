"""The check `selector-changes`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from helm_nested.checking.model import Check, Problem, TemplateSubject
from helm_nested.errors import HelmNestedError
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.immutable_field import IMMUTABLE_FIELDS, immutable_parts
from nested_templates.contract import Argument
from nested_templates.document_path import step
from nested_templates.fill import fill_text
from nested_templates.yaml_documents import Document, parse_documents

# What an argument becomes, so that it is known again in the filled document.
_MARK = "changes7q"
_NUMBER = 7_654_000


def _run(subject: TemplateSubject) -> Iterator[Problem]:
    template, argument_set = subject.template, subject.argument_set
    if argument_set is None or not any(word in template.text for word in (*IMMUTABLE_FIELDS, "immutable")):
        return
    changing = [argument for argument in subject.contract.arguments.values() if argument.changes]
    marks: dict[str, str] = {}
    arguments = dict(argument_set.arguments)
    for number, argument in enumerate(changing):
        if argument.name in arguments:
            arguments[argument.name], mark = _marked(argument, arguments[argument.name], number)
            marks[mark] = argument.name
    if not marks:
        return
    try:
        text = fill_text(template, argument_set.of(arguments), subject.contract, subject.encoder)
        documents = parse_documents(text, template.where, template.reader).documents if _holds(text, marks) else ()
    except HelmNestedError:
        return  # a template that cannot be filled or read is told as that
    for document in documents:
        yield from _problems(document, marks)


def _problems(document: Document, marks: Mapping[str, str]) -> Iterator[Problem]:
    metadata = map_of(document.get("metadata"))
    # With another name it is another object, which is created and not updated.
    if any(_holds(str(metadata.get(key)), marks) for key in ("name", "namespace")):
        return
    for path, part in immutable_parts(document):
        for place, name in _marks_in(part, path, marks):
            message = f"{path} may not change, and it holds the argument {name}, which changes."
            yield Problem(place, message, advice="Leave the argument out there, or put it into the object's name.")


def _marked(argument: Argument, value: object, number: int) -> tuple[Any, str]:
    """The value changed, and the text by which it is known again."""
    mark = f"{_MARK}{number}x"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _NUMBER + number, str(_NUMBER + number)
    if isinstance(value, list):
        return [*value, mark], mark
    if isinstance(value, dict):
        return {**value, mark: mark}, mark
    if argument.position == "entry":
        return f"{mark}: {mark}", mark
    return f"{value}{mark}" if isinstance(value, str) else mark, mark


def _marks_in(part: object, path: str, marks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every argument in the part, with the path of where it is."""
    if isinstance(part, dict):
        for key, value in part.items():
            held = [(path, name) for mark, name in marks.items() if mark in str(key)]
            # No path leads below a key that is an argument itself.
            yield from held or _marks_in(value, step(path, key), marks)
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from _marks_in(each, step(path, number), marks)
    else:
        yield from ((path, name) for mark, name in marks.items() if mark in str(part))


def _holds(text: str, marks: Mapping[str, str]) -> bool:
    return any(mark in text for mark in marks)


_SELECTOR = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${NAME}
spec:
  selector:
    matchLabels: {app: %s}
  template:
    metadata:
      labels: {app: %s}
    spec:
      containers:
        - name: main
          image: ${IMAGE}
"""


CHECK = Check(
    name="selector-changes",
    scope="template",
    message=(
        "A field that may not change, such as a workload's selector, holds no argument that changes over the object's "
        "life; otherwise Kubernetes rejects the update."
    ),
    run=_run,
    fills=True,
    passing=(
        _SELECTOR % ("${NAME}", "${NAME}"),
        """\
# each image has a Job of its own
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate-${IMAGE}
spec:
  template:
    spec:
      containers:
        - {name: main, image: "${IMAGE}"}
""",
    ),
    failing=(
        "# the contract says of IMAGE that it changes\n" + _SELECTOR % ("${IMAGE}", "${IMAGE}"),
        """\
# a Job's pods may not change
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
spec:
  template:
    spec:
      containers:
        - {name: main, image: "${IMAGE}"}
""",
    ),
)
