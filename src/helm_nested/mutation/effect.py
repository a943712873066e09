"""What a mutant changes of all that the matrix, the scenarios and the refused inputs lead to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.mutation.original import Inputs, outcome, without_place
from helm_nested.mutation.result import Effect
from helm_nested.values import Values
from nested_templates.encoder import ENCODERS
from nested_templates.fill import fill
from nested_templates.service_template import ServiceTemplate, find_service_templates, owner
from nested_templates.yaml_documents import Document, load_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from helm_nested.engine.in_process import InProcessEngine

# What a person looks at of one survivor.
_MOST_EFFECTS = 3
_MOST_LINES = 8
_SAID = "what the chart says"


class Comparison:
    """A chart and a mutant of it, each loaded; `outcomes` are the digests of what the chart itself leads to."""

    def __init__(
        self,
        inputs: Inputs,
        outcomes: Mapping[str, str],
        before: Callable[[], InProcessEngine],
        after: InProcessEngine,
    ) -> None:
        self._inputs = inputs
        self._outcomes = outcomes
        self._before = cache(before)
        self._after = after
        self._alike: set[tuple[str, str, str]] = set()

    def effects(self) -> tuple[Effect, ...]:
        """The first places that differ; none if every document and note of every input is the same.

        Text that differs only in what YAML does not tell apart is the same.
        """
        found: list[Effect] = []
        seen: set[tuple[str, ...]] = set()
        for name, values, release in self._inputs.all(self._after):
            if outcome(self._after, json.dumps(values), release) == self._outcomes.get(name):
                continue
            for place, lines in self._differences(values, release):
                # The same lines again, in another combination, say nothing new.
                if (place, *lines) not in seen:
                    seen.add((place, *lines))
                    found.append(Effect(name, place, lines))
                if len(found) == _MOST_EFFECTS:
                    return tuple(found)
        return tuple(found)

    def _differences(self, values: Values, release: Release) -> Iterator[tuple[str, tuple[str, ...]]]:
        first, second = self._texts(self._before(), values, release), self._texts(self._after, values, release)
        for source in sorted(first.keys() | second.keys()):
            texts = (source, first.get(source, ""), second.get(source, ""))
            if texts[1] == texts[2] or texts in self._alike:
                continue
            places = list(self._places(*texts))
            if not places:
                self._alike.add(texts)
            yield from places

    def _texts(self, engine: InProcessEngine, values: Values, release: Release) -> dict[str, str]:
        try:
            return engine.render_texts(values, release)
        except HelmNestedError as error:
            return {_SAID: without_place(str(error))}

    def _places(self, source: str, before: str, after: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each place where the documents of two rendered templates differ, with the lines."""
        if source == _SAID or PurePosixPath(source).name == "NOTES.txt":
            yield source, _lines(before, after)
            return
        try:
            first, second = load_documents(before, source), load_documents(after, source)
        except HelmNestedError:
            yield source, _lines(before, after)
            return
        if len(first) != len(second):
            yield source, _lines(before, after)
            return
        for old, new in zip(first, second, strict=True):
            for template, other in self._nested(old, new):
                if (template.key, template.text, other.text) in self._alike:
                    continue
                if self._filled(template) == self._filled(other):
                    self._alike.add((template.key, template.text, other.text))
                else:
                    yield f"{source}: {owner(old)}, key {template.key}", _lines(template.text, other.text)
            if old != new:
                yield f"{source}: {owner(old)}", _lines(_plain(old), _plain(new))

    def _nested(self, old: Document, new: Document) -> Iterator[tuple[ServiceTemplate, ServiceTemplate]]:
        """The service templates that differ; taken out of both objects, so that the rest can be compared."""
        selectors = self._inputs.configuration.selectors
        first = {each.key: each for each in find_service_templates([old], selectors)}
        second = {each.key: each for each in find_service_templates([new], selectors)}
        for key in sorted(first.keys() & second.keys()):
            if first[key].text != second[key].text:
                _empty(old, first[key].text)
                _empty(new, second[key].text)
                yield first[key], second[key]

    def _filled(self, template: ServiceTemplate) -> list[Any]:
        """What the template leads to with every argument set that suits it; the error where there is one."""
        encoder = ENCODERS[self._inputs.configuration.encoder]
        found: list[Any] = []
        for argument_set in self._inputs.argument_sets:
            if argument_set.suits(template.key):
                try:
                    found.append(fill(template, argument_set, self._inputs.contract, encoder).documents)
                except HelmNestedError as error:
                    found.append(str(error))
        return found


def _empty(part: object, text: str) -> None:
    """Empty every scalar that is this text."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in list(items):
        if value == text:
            part[key] = ""  # type: ignore[index]
        else:
            _empty(value, text)


def _plain(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, default=str)


def _lines(before: str, after: str) -> tuple[str, ...]:
    found = [
        line
        for line in unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        if line[:3] not in ("---", "+++") and line[:2] != "@@"
    ]
    more = [f"... {len(found) - _MOST_LINES} more"] if len(found) > _MOST_LINES else []
    return (*found[:_MOST_LINES], *more)
