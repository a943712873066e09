"""The check `scientific-notation`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from nested_templates.document_path import step

# Go prints a float64 so: one digit, a fraction that ends in no zero, a sign and at least two digits (strconv, 'g').
_WRITTEN = r"-?[1-9](\.[0-9]{0,15}[1-9])?e([-+][0-9]{2,3})"
_FLOAT = re.compile(_WRITTEN, re.ASCII)
# At the end of a word of a text, as in `--max-size=2e+06`.
_SET = re.compile(rf"=({_WRITTEN})(?!\S)", re.ASCII)
_AMONG = re.compile(rf"[\0=]{_WRITTEN}[\0\s]", re.ASCII)
# ... and with an exponent only from 1e6 on in a template (1e21 in a JSON), and below 1e-4.
_SMALL, _BIG = -5, 6
# A float64 is below 1.8e308.
_BIGGEST = 308


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    # Most documents hold nothing of the kind: paths are built only where there is something to report.
    if _AMONG.search(subject.survey.joined):
        yield from _problems(subject.document, "")


def _problems(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _problems(below, step(path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _problems(below, step(path, number))
    elif isinstance(value, str):
        for text in _floats(value):
            yield Problem(
                path,
                f"{text!r} is how Go prints a big or small number, and here it is a text.",
                advice="Render the number with 'int64', or write it as a text in the values.",
            )


def _floats(text: str) -> Iterator[str]:
    """The text itself, or each number that one of its words sets: a small one is mostly a float on purpose there."""
    match = _FLOAT.fullmatch(text)
    if match is not None:
        exponent = int(match[2])
        if _SMALL >= exponent >= -_BIGGEST or _BIG <= exponent <= _BIGGEST:
            yield text
    elif "=" in text:
        yield from dict.fromkeys(each[1] for each in _SET.finditer(text) if _BIG <= int(each[3]) <= _BIGGEST)


CHECK = Check(
    name="scientific-notation",
    scope="document",
    message="No text is a number in Go's notation: Helm prints 2000000 as 2e+06, no number for most programs.",
    run=_run,
    passing=(
        """\
# digests, versions and names that have an e
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  commit: "60e0027"
  short: 1e10
  version: 1e+6
  many: "2000000"
  sentence: at most 2e+06 bytes
  rate: --learning-rate=5e-05
""",
        """\
# a number, not a text: Kubernetes reads it as 1000000
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  terminationGracePeriodSeconds: 1.0e+06
""",
    ),
    failing=(
        """\
# a quoted value: '{{ .Values.budget | quote }}' of 2000000
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      image: worker:1
      env:
        - {name: BUDGET, value: "2e+06"}
""",
        """\
# as an argument
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      image: worker:1
      args: ["2.0190612073634e+13"]
""",
        """\
# behind the name of an option, and in a file of properties
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    settings: |
      max.bytes=1.048576e+07
      min.bytes=1
spec:
  containers:
    - name: main
      image: worker:1
      args: [--max-size=2e+06, --rate=5e-07]
""",
        """\
# a very small number
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  rate: "5e-07"
""",
    ),
)
