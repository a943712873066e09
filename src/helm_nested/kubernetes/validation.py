"""Kubernetes' own validation: a program made of its code, which is asked about one object after the other."""

from __future__ import annotations

import atexit
import importlib
import os
import re
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.errors import CannotCheckError, SchemaError
from helm_nested.kubernetes.document_part import map_of, maps_in, whole_number_of
from helm_nested.kubernetes.running_program import RunningProgram
from nested_templates.json_value import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helm_nested.kubernetes.resource_definition import ResourceDefinition
    from nested_templates.yaml_documents import Document

PROGRAM = "HELM_NESTED_KUBERNETES"
# With it set to 1, nothing that needs the program may go without it: for CI.
REQUIRED = "HELM_NESTED_KUBERNETES_REQUIRED"
NOT_RUN = "not run, `make tools` builds it"
_SECONDS = 60.0
_LAST_PORT = 65535
# The types of Services that get ports of the nodes.
_ALLOCATING = ("NodePort", "LoadBalancer")
# How Go writes that there is none.
_NOWHERE = ("", "<nil>")
_IN_MESSAGE = re.compile(r"(.*Checked value must be of type .+) in (\S+)")
_WRONG_TYPE = "FieldValueTypeInvalid"
# By a field that is wrong the words of what is wrong only beside it.
_ONLY_WITH = {"spec.minReplicas": "to support scaling to zero replicas"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What Kubernetes' code says of one field, and that field as Kubernetes writes it."""

    field: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What Kubernetes' code says of one object: `known` is false for a kind it has no code for."""

    known: bool
    reason: str
    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]


def find_program(folder: Path) -> Path | None:
    """The program: of the variable HELM_NESTED_KUBERNETES, the installed package, or build/tools in that folder.

    Raises:
        CannotCheckError: the variable names no program.
    """
    named = os.environ.get(PROGRAM)
    if named:
        if not os.access(named, os.X_OK):
            raise CannotCheckError(f"{PROGRAM} names {named}, which is not a program. Correct it, or unset it.")
        return Path(named).absolute()
    try:
        installed = Path(importlib.import_module("helm_nested_kubernetes").PROGRAM)
    except ImportError:
        installed = None
    built = (folder / "build/tools/kubernetes").absolute()
    return next((path for path in (installed, built) if path is not None and path.is_file()), None)


def is_required() -> bool:
    """Whether the environment says that nothing may go without the program."""
    return os.environ.get(REQUIRED) == "1"


@cache
def release(program: Path) -> str:
    """The release of Kubernetes whose code the program is, like `1.36.3`.

    Raises:
        CannotCheckError: the program does not say.
    """
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=_SECONDS
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotCheckError(f"{program} does not run: {error}. Build it again with `make tools`.") from error
    return answer


def minor(program: Path) -> str:
    """The minor version of Kubernetes whose code the program is, like `1.36`."""
    return ".".join(release(program).split(".")[:2])


def judged(program: Path, document: Document, definition: ResourceDefinition | None = None) -> Answer:
    """What Kubernetes would say when the object is created, where that definition was applied before.

    Raises:
        CannotCheckError: the program failed.
        SchemaError: Kubernetes cannot use the definition.
    """
    reply = _conversation(program).asked_ahead(document, definition)
    # Where the program ended over one of many objects, each is asked about alone, so that this one is named.
    answer = _conversation(program).ask({"object": document}, definition) if reply is None else _answer(reply)
    return replace(answer, faults=(*answer.faults, *_unallocatable(document))) if definition is None else answer


def ask_ahead(program: Path, questions: Sequence[tuple[Document, ResourceDefinition | None]]) -> None:
    """Ask about all of these objects at once, so that `judged` finds the answers, until the next such call.

    What cannot be asked is left to `judged` to say.
    """
    with suppress(CannotCheckError):
        _conversation(program).ask_ahead(questions)


def judged_update(
    program: Path, before: Document, after: Document, definition: ResourceDefinition | None = None
) -> Answer:
    """What Kubernetes would say when the one object, which is there, is updated to the other.

    Raises:
        CannotCheckError: the program failed.
        SchemaError: Kubernetes cannot use the definition.
    """
    return _conversation(program).ask({"old": before, "new": after}, definition)


class _Conversation:
    """A running program, the definitions that it was told, and what it was asked ahead."""

    def __init__(self, program: Path) -> None:
        self.running = RunningProgram(program)
        self._lock = threading.RLock()
        self._defined: dict[ResourceDefinition, str] = {}
        # By an object's identity and a definition: the object, which so stays the one, and its question's number.
        self._ahead: dict[tuple[int, ResourceDefinition | None], tuple[Document, int]] = {}

    def asked_ahead(self, document: Document, definition: ResourceDefinition | None) -> dict[str, Any] | None:
        """The reply to what was asked ahead; None if it was not, or the program ended meanwhile."""
        with self._lock:
            ahead = self._ahead.pop((id(document), definition), None)
        if ahead is not None:
            with suppress(CannotCheckError):
                return self.running.answer(ahead[1])
        return None

    def ask(self, question: Mapping[str, Any], definition: ResourceDefinition | None) -> Answer:
        return _answer(self._reply({**question, **self._definitions(definition)}))

    def ask_ahead(self, questions: Sequence[tuple[Document, ResourceDefinition | None]]) -> None:
        with self._lock:
            for _, number in self._ahead.values():
                self.running.answer(number)  # nobody wants it any more
            self._ahead.clear()
            askable = []
            for document, definition in questions:
                with suppress(SchemaError):
                    askable.append((document, definition, {"object": document, **self._definitions(definition)}))
            numbers = self.running.ask([question for *_, question in askable])
            for (document, definition, _), number in zip(askable, numbers, strict=True):
                self._ahead[id(document), definition] = document, number

    def _definitions(self, definition: ResourceDefinition | None) -> dict[str, str]:
        """What a question says of the definition, which is a set of its own: it is told to the program once."""
        if definition is None:
            return {}
        with self._lock:
            if definition not in self._defined:
                told = {"definitions": str(len(self._defined) + 1)}
                reply = self._reply({"customResourceDefinition": as_json(definition.document)} | told)
                if reply.get("error"):
                    raise SchemaError(f"Kubernetes cannot use the definition {definition.name}: {reply['error']}")
                self._defined[definition] = told["definitions"]
            return {"definitions": self._defined[definition]}

    def _reply(self, question: Mapping[str, Any]) -> dict[str, Any]:
        (number,) = self.running.ask([question])
        return self.running.answer(number)


def _answer(reply: Mapping[str, Any]) -> Answer:
    if reply.get("error"):
        raise CannotCheckError(f"Kubernetes' own validation could not check it: {reply['error']}. Correct the object.")
    return Answer(
        reply["known"],
        reply.get("reason", ""),
        tuple(_own([_fault(each["field"], each["type"], each["message"]) for each in reply["problems"]])),
        tuple(reply["warnings"]),
    )


def _unallocatable(document: Document) -> Iterator[Fault]:
    """Node ports that no API server can allocate: Kubernetes looks at them only when it allocates them.

    Which of the others it has is each cluster's own setting.
    """
    spec = map_of(document.get("spec"))
    if (document.get("apiVersion"), document.get("kind")) != ("v1", "Service") or spec.get("type") not in _ALLOCATING:
        return
    for path, port in maps_in(spec.get("ports"), "spec.ports"):
        number = whole_number_of(port.get("nodePort"))
        if number is not None and not 0 <= number <= _LAST_PORT:
            yield Fault(
                f"{path}.nodePort", "FieldValueInvalid", f"Invalid value: {number}: must be between 1 and {_LAST_PORT}"
            )


def _fault(field: str, kind: str, message: str) -> Fault:
    """The fault; of a number of a wrong format a definition says its field in the message alone."""
    match = _IN_MESSAGE.fullmatch(message) if field in _NOWHERE else None
    return Fault(match[2], _WRONG_TYPE, match[1]) if match else Fault(field, kind, message)


def _own(faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults without what is said of other fields because this one is wrong."""
    fields = {fault.field for fault in faults}
    for fault in faults:
        if not any(words in fault.message and field in fields for field, words in _ONLY_WITH.items()):
            yield fault


# By process id: a forked child inherits the parent's pipes, and must not read the parent's answers.
_conversations: dict[tuple[int, Path], _Conversation] = {}
_starting = threading.Lock()


def _conversation(program: Path) -> _Conversation:
    key = os.getpid(), program
    with _starting:
        known = _conversations.get(key)
        if known is None or known.running.has_ended:
            if known is not None:
                known.running.close()
            known = _conversations[key] = _Conversation(program)
        return known


@atexit.register
def close() -> None:
    """End the programs that this process started."""
    for owner, program in list(_conversations):
        if owner == os.getpid():
            _conversations.pop((owner, program)).running.close()


def _in_child() -> None:
    global _starting
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
