"""Which changes Kubernetes rejects as updates of an object that is there: fields that may not change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_nested.difference.collection import Entry, Example
from helm_nested.difference.edit import Edit, Index
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.api_group import is_custom
from helm_nested.kubernetes.field_path import located
from helm_nested.kubernetes.helm_hook import helm_hook
from helm_nested.kubernetes.immutable_field import IMMUTABLE_FIELDS
from nested_templates.json_value import as_json
from nested_templates.yaml_documents import Document

_OBJECT = re.compile(r": \{.*\}: ", re.DOTALL)
_LONGEST = 300


@dataclass(frozen=True)
class Updates:
    """Updates of objects, judged by Kubernetes' own code where the program is there, else by what is best known."""

    program: Path | None

    def judged(self, entry: Entry) -> Iterator[tuple[Entry, tuple[str, ...]]]:
        """The edits in the places where Kubernetes rejects them, with the reasons, and in those where it does not.

        Raises:
            CannotCheckError: Kubernetes' own code failed.
        """
        reasons = [self._reasons(examples, entry.edits) for examples in entry.examples]
        for is_rejected in (True, False):
            numbers = [number for number, each in enumerate(reasons) if bool(each) is is_rejected]
            if numbers:
                said = dict.fromkeys(reason for number in numbers for reason in reasons[number])
                yield entry if len(numbers) == len(reasons) else entry.at(numbers), tuple(said)

    def _reasons(self, examples: Sequence[Example], edits: tuple[Edit, ...]) -> list[str]:
        """Why one of these is rejected; several edits of one object have one example each."""
        distinct = {(id(each.before), id(each.after)): each for each in examples if _is_update(each)}
        return [reason for each in distinct.values() for reason in self._rejections(each, edits)]

    def _rejections(self, example: Example, edits: tuple[Edit, ...]) -> Iterator[str]:
        before, after = as_json(example.before), as_json(example.after)
        answer = None if self.program is None else validation.judged_update(self.program, before, after)
        # An object that could not be created is not there to be updated, but its kind has immutable fields too.
        if answer is None or not answer.known or answer.reason:
            if not is_custom(after):
                yield from _best_known(after["kind"], edits)
            return
        for fault in answer.faults:
            # Kubernetes names fields of a status, and some that are none: what counts is the part that is there.
            steps = max((located(fault.field, each).steps for each in (before, after)), key=len)
            field = tuple(map(str, steps))
            if not field or any(_meets(_keys(edit), field) for edit in edits):
                message = _OBJECT.sub(": ", fault.message)
                yield f"{fault.field}: {message[:_LONGEST]}{' …' if len(message) > _LONGEST else ''}"


def _best_known(kind: str, edits: tuple[Edit, ...]) -> Iterator[str]:
    for field in IMMUTABLE_FIELDS.get(kind, ()):
        if any(_meets(_keys(edit), field) for edit in edits):
            yield f"{'.'.join(field)} may not change"


def _is_update(example: Example) -> bool:
    before, after = example.before, example.after
    if not isinstance(before, dict) or not isinstance(after, dict) or not isinstance(after.get("kind"), str):
        return False
    # Helm deletes a hook's object and creates it anew; it never updates one.
    return _identity(before) == _identity(after) and helm_hook(before) is helm_hook(after) is None


def _identity(document: Document) -> tuple[object, ...]:
    metadata = document.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    group = str(document.get("apiVersion")).rpartition("/")[0]
    return group, document.get("kind"), named.get("name"), named.get("namespace")


def _keys(edit: Edit) -> tuple[str, ...]:
    """The path's keys down to the first list, because Kubernetes counts the entries that an edit names."""
    keys: list[str] = []
    for step in edit.path:
        if not isinstance(step, str):
            return (*keys, str(step.position)) if isinstance(step, Index) else tuple(keys)
        keys.append(step)
    return tuple(keys)


def _meets(keys: tuple[str, ...], field: tuple[str, ...]) -> bool:
    """Whether one of the two lies in the other."""
    shared = min(len(keys), len(field))
    return shared > 0 and keys[:shared] == field[:shared]
