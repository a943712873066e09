"""Many objects are asked about at once: Kubernetes' code says of each what it says of it alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helm_nested.errors import CannotCheckError
from helm_nested.kubernetes import validation
from nested_templates.yaml_documents import Document

from .kubernetes_program import needs_program

# It ends of an object called `end`. As the real one does, it writes its answers when nothing more waits to be read.
ENDING = """\
#!{python}
import json, os
while text := os.read(0, 1 << 16):
    replies = []
    for line in text.splitlines():
        question = json.loads(line)
        if question["object"]["metadata"]["name"] == "end":
            os._exit(3)
        reply = {{"id": question["id"], "known": True, "problems": [], "warnings": []}}
        replies.append(json.dumps(reply).encode())
    os.write(1, b"\\n".join([*replies, b""]))
"""


def config_map(name: str, text: str = "") -> Document:
    """A ConfigMap of that name, which holds the text."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}}


def wrong_pods(count: int) -> list[Document]:
    """Pods that each are told other things, some 5 KB of them, which is more than a pipe holds for all of them."""
    containers = [{"name": f"UPPER-{number}", "image": "a", "imagePullPolicy": "x" * 200} for number in range(10)]
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"Pod-{number}"}, "spec": {"containers": containers}}
        for number in range(count)
    ]


@needs_program
def test_what_is_asked_ahead_is_answered_as_if_asked_alone(program: Path) -> None:
    """More than the pipes hold is asked and answered, in whatever order the answers are wanted."""
    pods = wrong_pods(200)
    alone = [validation.judged(program, pod) for pod in pods]
    assert len({answer.faults for answer in alone}) == len(pods)
    validation.ask_ahead(program, [(pod, None) for pod in pods])
    ahead = {number: validation.judged(program, pods[number]) for number in reversed(range(len(pods)))}
    assert [ahead[number] for number in range(len(pods))] == alone


@needs_program
def test_what_was_asked_ahead_and_is_not_wanted_is_no_answer_to_anything_else(program: Path) -> None:
    """Other questions, ahead or not, get their own answers, and an object that was changed is asked about again."""
    pods = wrong_pods(3)
    validation.ask_ahead(program, [(pod, None) for pod in pods])
    assert validation.judged(program, config_map("right")).faults == ()
    validation.ask_ahead(program, [(config_map("RIGHT"), None)])
    pods[0]["spec"] = {"containers": [{"name": "right", "image": "a"}]}
    (fault,) = validation.judged(program, pods[0]).faults
    assert fault.field == "metadata.name"


def test_the_object_of_which_the_program_ends_is_the_one_that_could_not_be_checked(tmp_path: Path) -> None:
    """Those that were asked about together with it are judged all the same."""
    ending = tmp_path / "kubernetes"
    ending.write_text(ENDING.format(python=sys.executable), encoding="utf-8")
    ending.chmod(0o755)
    documents = [config_map(name) for name in ("before", "end", "after")]
    validation.ask_ahead(ending, [(document, None) for document in documents])
    assert validation.judged(ending, documents[0]).known
    with pytest.raises(CannotCheckError, match="make tools"):
        validation.judged(ending, documents[1])
    assert validation.judged(ending, documents[2]).known
