"""What the conditions of templates speak of: axes, by names of values; other conditions, by variables and defines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from helm_nested.matrix.axes import Matrix
from helm_nested.template_condition import Conditions, included, variables

_CHAIN = re.compile(r"(?:\.[A-Za-z_]\w*)+")
_QUOTED = re.compile(r'"([^"\\\n]+)"')
# Of what a condition speaks of by way of variables and defines, so many steps are followed.
_STEPS = 4


class ConditionSubjects:
    """For each condition by its number the axes that it names, and the conditions that decide about what it names."""

    def __init__(self, sources: Mapping[str, str], read: Conditions, matrix: Matrix) -> None:
        self._sources = sources
        self._read = read
        self._named: defaultdict[str, set[int]] = defaultdict(set)
        for number, axis in enumerate(matrix.axes):
            for choice in axis.choices:
                for name in _names(choice.values):
                    self._named[name].add(number)
                if choice.release:
                    self._named["Release"].add(number)
                    self._named["Capabilities"].add(number)
        self._every = list(range(len(matrix.axes)))

    def axes(self, number: int) -> list[int]:
        """The axes whose choices set a value that the condition names; every axis if none does."""
        found: set[int] = set()
        for _, text in self._texts(number):
            for chain in _CHAIN.findall(text):
                found |= next((self._named[name] for name in reversed(chain.split(".")) if name in self._named), set())
            found |= {axis for name in _QUOTED.findall(text) if name in self._named for axis in self._named[name]}
        return sorted(found) or self._every

    def behind(self, number: int) -> set[int]:
        """The conditions that decide about variables which the condition names, and what defines give that it names."""
        found: set[int] = set()
        for start, _ in self._texts(number)[1:]:
            found |= start
        return found

    @cache  # noqa: B019 - as long as the search
    def _texts(self, number: int) -> list[tuple[set[int], str]]:
        """What decides about it: its own text, then those of variables and defines, with their conditions."""
        condition = self._read.all[number]
        texts: list[tuple[set[int], str]] = [(set(), condition.asked)]
        seen: set[object] = set()
        waiting = [(condition.template, condition.asked)]
        for _ in range(_STEPS):
            following = []
            for template, text in waiting:
                for decided, place, found in self._decided(template, text):
                    if place not in seen:
                        seen.add(place)
                        texts.append((decided, found))
                        following.append((place[0], found))
            waiting = following
        return texts

    def _decided(self, template: str, text: str) -> Iterator[tuple[set[int], tuple[str, int], str]]:
        """The conditions, the place and the text of each thing that a text names."""
        named = variables(text)
        for each in self._read.assignments:
            if each.template == template and each.variable in named:
                leading = self._leading(each.context)
                yield self._between(template, each.start, each.start + 1) | leading, (template, each.start), each.text
                for number in leading:
                    asked = self._read.all[number]
                    yield set(), (template, asked.start), asked.asked
        for name in included(text):
            define = self._read.defines.get(name)
            if define is not None:
                yield (
                    self._between(define.template, define.start, define.end),
                    (define.template, define.start),
                    self._sources[define.template][define.start : define.end],
                )

    def _between(self, template: str, start: int, end: int) -> set[int]:
        return {
            number
            for number, each in enumerate(self._read.all)
            if each.template == template and start <= each.start < end
        }

    def _leading(self, number: int | None) -> set[int]:
        found = set()
        while number is not None:
            found.add(number)
            number = self._read.all[number].parent
        return found


def _names(values: object) -> Iterator[str]:
    """The keys of a map, at any depth."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield str(key)
            yield from _names(value)
    elif isinstance(values, list):
        for each in values:
            yield from _names(each)
