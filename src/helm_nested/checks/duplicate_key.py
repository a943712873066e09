"""The check `duplicate-key`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from nested_templates.document_path import join


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    # The same key again and again is one problem.
    for path, more in Counter(subject.duplicate_keys).items():
        times = "twice" if more == 1 else f"{more + 1} times"
        rest = "the other" if more == 1 else "the others"
        message = f"the key {path[-1]!r} stands {times} in one map."
        yield Problem(join("", path), message, advice=f"Keep one, remove {rest}.")


CHECK = Check(
    name="duplicate-key",
    scope="document",
    message="No map has the same key twice; otherwise some YAML parsers reject it, and others use only the last value.",
    run=_run,
    passing=(
        """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {app: a}
  annotations: {app: a}
""",
        """\
# a merged key that is overridden
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - &main {name: main, image: worker:1}
    - {<<: *main, name: second}
""",
        """\
# a text that only looks like a map
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  template: |
    name: a
    name: b
""",
    ),
    failing=(
        """\
# two parts of a chart that both write labels
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {app: a}
  labels: {team: b}
""",
        """\
# the same annotation from the values and from the template, with and without quotes
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
spec:
  template:
    metadata:
      annotations:
        example.com/scrape: "true"
        "example.com/scrape": "false"
""",
        """\
# in a map of a list, three times
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      image: worker:1
      image: worker:2
      image: worker:3
""",
    ),
)
