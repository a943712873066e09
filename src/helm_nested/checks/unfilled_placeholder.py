"""The check `unfilled-placeholder`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from nested_templates.document_path import step

_PLACEHOLDER = re.compile(r"\$\{[A-Z][A-Z0-9_]*\}")
# Free text, where `${HOME}` may be meant for a shell; a text of several lines is one anywhere.
_FREE_TEXT = frozenset({"annotations", "args", "command", "env", "script"})
# What an object carries for others, among it the service templates themselves.
_CARRIED = frozenset({"data", "stringData", "binaryData"})


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    # Most documents hold nothing of the kind: paths are built only where there is something to report.
    if "${" in subject.survey.joined:
        for key, value in subject.document.items():
            if key not in _CARRIED:
                yield from _placeholders(value, step("", key))


def _placeholders(part: object, path: str) -> Iterator[Problem]:
    if isinstance(part, dict):
        for key, value in part.items():
            place = step(path, key)
            if isinstance(key, str) and (match := _PLACEHOLDER.search(key)):
                yield Problem(place, f"the key still holds {match[0]}, which nothing filled")
            if key not in _FREE_TEXT:
                yield from _placeholders(value, place)
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from _placeholders(each, f"{path}[{number}]")
    elif isinstance(part, str) and "\n" not in part and (match := _PLACEHOLDER.search(part)):
        message = f"the value still holds {match[0]}, which nothing filled."
        yield Problem(path, message, advice=f"The value is {part[:80]!r}.")


CHECK = Check(
    name="unfilled-placeholder",
    scope="document",
    message=(
        "No placeholder like ${NAME} is left in a document (env, commands, annotations, data and texts of several "
        "lines may hold one); otherwise it reaches the cluster unfilled."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: templates
data:
  pod.yaml: 'name: ${NAME}'
""",
        """\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      image: worker:1
      command: [sh, -c, 'echo ${HOME}']
""",
    ),
    failing=(
        """\
# a placeholder outside of any template
apiVersion: v1
kind: ConfigMap
metadata:
  name: templates-${NAME}
""",
        """\
# a key that is a placeholder
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    "${NAME}": a
""",
    ),
)
