"""The check `annotation-syntax`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.document_part import map_of, what
from helm_nested.kubernetes.name import annotation_key_fault
from helm_nested.kubernetes.object_metadata import object_metadata
from nested_templates.document_path import step

# 256 KiB = 256 * 1024 bytes of keys and values:
# https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go
_LIMIT = 262_144


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    for path, metadata in object_metadata(subject.document):
        annotations = map_of(metadata.get("annotations"))
        if annotations:
            yield from _annotations(annotations, f"{path}.annotations")


def _annotations(annotations: dict[object, object], path: str) -> Iterator[Problem]:
    size = 0
    for key, value in annotations.items():
        if not isinstance(key, str):
            message = f"the key {key!r} is {what(key)}, not a text."
            yield Problem(step(path, key), message, advice="Put it in quotes.")
        elif fault := annotation_key_fault(key):
            yield Problem(step(path, key), f"the key {key!r} is not a valid annotation key: {fault}")
        else:
            size += len(key)
        if not isinstance(value, str):
            yield Problem(step(path, key), f"the value is {what(value)}, not a text.", advice="Put it in quotes.")
        else:
            size += len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if size > _LIMIT:
        yield Problem(path, f"the annotations are {size} bytes together, {_LIMIT} are allowed")


CHECK = Check(
    name="annotation-syntax",
    scope="document",
    message=(
        "Annotations have keys that Kubernetes takes, values that are texts, and 262144 bytes together at most; "
        "otherwise it rejects the object."
    ),
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations:
    Example.com/note: "any text: 1"
""",
    ),
    failing=(
        """\
# a boolean
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations:
    paused: true
""",
        """\
# a blank in the key
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations:
    my note: a
""",
        """\
# a pod's
apiVersion: batch/v1
kind: Job
metadata:
  name: a
spec:
  template:
    metadata:
      annotations:
        workers: 3
""",
    ),
)
