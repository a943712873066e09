"""Kubernetes' own validation: a program made of its code, which is asked about one object after the other."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import select
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.errors import CannotCheckError, SchemaError
from nested_templates.json_value import as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helm_nested.kubernetes.resource_definition import ResourceDefinition
    from nested_templates.yaml_documents import Document

PROGRAM = "HELM_NESTED_KUBERNETES"
# With it set to 1, nothing that needs the program may go without it: for CI.
REQUIRED = "HELM_NESTED_KUBERNETES_REQUIRED"
NOT_RUN = "not run, `make tools` builds it"
# The slowest object that was seen takes 5 ms; a machine may be busy.
_SECONDS = 60.0
_CHUNK = 1 << 16


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
    process = _process(program)
    return process.ask({"object": document} | process.definitions(definition))


def judged_update(
    program: Path, before: Document, after: Document, definition: ResourceDefinition | None = None
) -> Answer:
    """What Kubernetes would say when the one object, which is there, is updated to the other.

    Raises:
        CannotCheckError: the program failed.
        SchemaError: Kubernetes cannot use the definition.
    """
    process = _process(program)
    return process.ask({"old": before, "new": after} | process.definitions(definition))


class _Process:
    """The running program; one question at a time, whichever thread asks."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._lock = threading.RLock()
        self._number = 0
        self._read = b""
        self._defined: dict[ResourceDefinition, str] = {}
        try:
            # The group is its own, so that Ctrl-C is this process's to handle.
            running = subprocess.Popen(
                [program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise CannotCheckError(f"{program} does not run: {error}. Build it again with `make tools`.") from error
        self._running = running
        self._pipes = running.stdin, running.stdout

    def definitions(self, definition: ResourceDefinition | None) -> dict[str, str]:
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

    def ask(self, question: Mapping[str, Any]) -> Answer:
        reply = self._reply(question)
        if reply.get("error"):
            raise CannotCheckError(
                f"Kubernetes' own validation could not check it: {reply['error']}. Correct the object."
            )
        return Answer(
            reply["known"],
            reply.get("reason", ""),
            tuple(Fault(each["field"], each["type"], each["message"]) for each in reply["problems"]),
            tuple(reply["warnings"]),
        )

    def _reply(self, question: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            line = json.dumps({"id": self._number, **question}).encode() + b"\n"
            try:
                self._write(line)
                reply = json.loads(self._line())
            except (OSError, ValueError) as error:
                self.close()
                raise CannotCheckError(
                    f"Kubernetes' own validation ended ({self._program}: {error}), so nothing is said. Run the same "
                    "command again; if it ends again, build the program again with `make tools`."
                ) from error
            if reply.get("id") != self._number:
                self.close()
                raise CannotCheckError(
                    f"{self._program} answers another question than was asked. Build it again with `make tools`."
                )
            if reply.get("definitions", "") != question.get("definitions", ""):
                raise CannotCheckError(
                    f"{self._program} is older than helm-nested: it cannot tell one release of a "
                    "CustomResourceDefinition from another. Build it again with `make tools`."
                )
        return dict(reply)

    def _write(self, line: bytes) -> None:
        pipe = self._pipes[0]
        if pipe is not None:
            pipe.write(line)
            pipe.flush()

    def _line(self) -> bytes:
        pipe = self._pipes[1]
        output = pipe.fileno() if pipe is not None else -1
        end = time.monotonic() + _SECONDS
        parts = [self._read]
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([output], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise OSError(f"no answer within {_SECONDS:.0f} seconds")
            part = os.read(output, _CHUNK)
            if not part:
                raise OSError("it closed its output")
            parts.append(part)
        line, _, self._read = b"".join(parts).partition(b"\n")
        return line

    def close(self) -> None:
        self._running.kill()
        self._running.wait()
        for pipe in self._pipes:
            # What was not yet written has no reader any more.
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        _processes.pop((os.getpid(), self._program), None)


# By process id: a forked child inherits the parent's pipes, and must not read the parent's answers.
_processes: dict[tuple[int, Path], _Process] = {}
_starting = threading.Lock()


def _process(program: Path) -> _Process:
    key = os.getpid(), program
    with _starting:
        if key not in _processes:
            _processes[key] = _Process(program)
        return _processes[key]


@atexit.register
def close() -> None:
    """End the programs that this process started."""
    for owner, program in list(_processes):
        if owner == os.getpid():
            _processes[owner, program].close()


def _in_child() -> None:
    global _starting
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
