"""The check `image-syntax`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_nested.checking.model import Check, DocumentSubject, Problem
from helm_nested.kubernetes.pod_spec import pod_template
from nested_templates.image_grammar import HOST, LONGEST_NAME, LONGEST_TAG, PATH_PART, TAG

_NAME = re.compile(rf"(?:(?:{HOST}|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?{PATH_PART}(?:/{PATH_PART})*")
_TAG = re.compile(TAG)
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
# What nothing filled is told as that.
_UNFILLED = re.compile(r"[{}]")


def _run(subject: DocumentSubject) -> Iterator[Problem]:
    template = pod_template(subject.document)
    if template is None:
        return
    for path, container in template.containers():
        image = container.get("image")
        fault = _fault(image) if isinstance(image, str) and image else ""
        if fault:
            yield Problem(
                f"{path}.image",
                f"{image!r} is no image, so its pods would stay in InvalidImageName: {fault}.",
                advice="Write it like registry.example.com/team/worker:1.0.",
            )


def _fault(image: str) -> str:
    """What is wrong with the text; empty if nothing is."""
    if _UNFILLED.search(image):
        return ""
    if image.strip() != image:
        return "it begins or ends with white space"
    if "://" in image:
        return "it has a scheme, as an address has"
    rest, at, digest = image.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        return f"{digest!r} is no digest"
    name, colon, tag = rest.rpartition(":") if ":" in rest.rpartition("/")[2] else (rest, "", "")
    if colon and (len(tag) > LONGEST_TAG or not _TAG.fullmatch(tag)):
        return f"{tag!r} is no tag" if tag else "nothing stands behind the colon, where a tag belongs"
    if len(name) > LONGEST_NAME:
        return f"the name of its repository is {len(name)} characters long, {LONGEST_NAME} are allowed"
    return "" if _NAME.fullmatch(name) else f"{name!r} is no name of a repository"


def _pod(image: str) -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - name: main
      image: {image}
"""


CHECK = Check(
    name="image-syntax",
    scope="document",
    message="Every image is written as container runtimes take it; otherwise its pods are made and never start.",
    run=_run,
    passing=(
        _pod("worker"),
        _pod("localhost:5000/team.example/worker_2:1.0-RC_1"),
        _pod(f"Registry.example.com/a/b:v1@sha256:{'0' * 64}"),
    ),
    failing=(
        "# a version with a plus sign, as Chart.yaml may have one\n" + _pod("worker:1.2.0+build.5"),
        "# a number as Helm prints it\n" + _pod("worker:2.0190612073634e+13"),
        "# no tag, where '{{ .Values.image.tag }}' is empty\n" + _pod('"worker:"'),
        "# a blank\n" + _pod('" worker:1"'),
        "# a capital letter\n" + _pod("team/Worker:1"),
        "# an address\n" + _pod('"https://registry.example.com/worker:1"'),
        "# a digest that was cut off\n" + _pod("worker@sha256:0123"),
    ),
)
