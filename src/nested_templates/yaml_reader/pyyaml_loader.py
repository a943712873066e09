"""The reader `pyyaml`: a text is what `yaml.safe_load` makes of it, as in most programs written in Python."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, NoReturn

import yaml

from nested_templates.yaml_reader.loader import MAP, MERGE, SEQUENCE, STRING, Duplicate, Loader

# Beside them PyYAML's own scanner, which `yaml.safe_load` uses, takes and refuses other texts than libyaml's.
_UNLIKE_LIBYAML = frozenset("\t\x85\u2028\u2029\ufeff")
# A comment right behind the sign of a block scalar, and a tag that says nothing.
_UNLIKE_LIBYAML_TOO = ("|#", ">#", "-#", "+#", "! ", "!\n")
# PyYAML makes half a character of each, which no object can hold.
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_EQUALS = "tag:yaml.org,2002:value"


def is_unlike_libyaml(text: str) -> bool:
    """Whether a text has something that PyYAML's own scanner perhaps takes for something else than libyaml's."""
    ended = f"{text}\n"
    return not _UNLIKE_LIBYAML.isdisjoint(text) or any(odd in ended for odd in _UNLIKE_LIBYAML_TOO)


class _UnusualError(Exception):
    """A document has something that PyYAML itself has to make a value of, or to refuse."""


# What PyYAML lets escape where it cannot read a value: a date like 2024-13-45, `!!int` of nothing, `!!bool y`.
_ESCAPES = (ValueError, LookupError, TypeError, AttributeError)


class PyyamlLoader(Loader):
    """The values and the refusals of `yaml.safe_load`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text
        self._seen: set[int] = set()
        # How many documents libyaml read, and those that PyYAML's own scanner read in its place.
        self._read = 0
        self._by_pyyaml: deque[yaml.Node] | None = None
        if is_unlike_libyaml(text):
            self._by_pyyaml = deque(yaml.compose_all(text, yaml.SafeLoader))

    def check_node(self) -> bool:
        """Whether another document comes."""
        is_there = self._unless_pyyaml_reads(super().check_node)
        return bool(is_there if self._by_pyyaml is None else self._by_pyyaml)

    def get_node(self) -> yaml.Node | None:
        """The next document, as PyYAML's own scanner reads it where libyaml refuses it."""
        node: yaml.Node | None = self._unless_pyyaml_reads(super().get_node)
        self._read += 1
        if self._by_pyyaml is None:
            return node
        return self._by_pyyaml.popleft() if self._by_pyyaml else None

    def _unless_pyyaml_reads(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - what libyaml answers
        """What libyaml answers; where it refuses the text and PyYAML does not, the rest is as PyYAML reads it."""
        if self._by_pyyaml is not None:
            return None
        try:
            return ask()
        except yaml.YAMLError as error:
            if _HALF_CHARACTER.search(self._text):
                raise
            try:
                nodes = list(yaml.compose_all(self._text, yaml.SafeLoader))
            except (yaml.YAMLError, RecursionError):
                raise error from None
            self._by_pyyaml = deque(nodes[self._read :])
            return None

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merged keys become the map's own here, so its own are looked at before, and only once."""
        if id(node) not in self._seen:
            self._seen.add(id(node))
            self._note_duplicates(node)
        super().flatten_mapping(node)

    def _note_duplicates(self, node: yaml.MappingNode) -> None:
        seen: dict[Hashable, yaml.Mark] = {}
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            if key_node.tag == _EQUALS:
                key_node.tag = STRING  # as PyYAML reads it where it is a key
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the base class reports it
            if key in seen:
                self.duplicates.append(Duplicate(key, key_node, seen[key].line + 1))
            else:
                seen[key] = key_node.start_mark

    def document(self, node: yaml.Node) -> object:
        """The document's values: at once if it has nothing but what nearly all have, else as PyYAML makes them.

        PyYAML's way through queues and generators takes twice as long, and is needed only for aliases.
        """
        self._seen.clear()
        if not self.has_aliases:
            with suppress(_UnusualError, yaml.YAMLError, *_ESCAPES, RecursionError):
                return self._value(node)
        try:
            return super().document(node)
        except _ESCAPES as error:
            _refuse_value(node, error)

    def _value(self, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
        tag = node.tag
        if isinstance(node, yaml.ScalarNode):
            return node.value if tag == STRING else self._scalar(node)
        if tag == MAP:
            values: dict[Hashable, Any] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    raise _UnusualError
                key = key_node.value if key_node.tag == STRING else self._scalar(key_node)
                if key in values:
                    raise _UnusualError
                values[key] = self._value(value_node)
            return values
        if tag == SEQUENCE:
            return [self._value(item) for item in node.value]
        raise _UnusualError

    def _scalar(self, node: yaml.ScalarNode) -> Hashable:
        constructor = _SCALARS.get(node.tag)
        if constructor is None:
            raise _UnusualError
        value: Hashable = constructor(self, node)
        return value


def _refuse_value(root: yaml.Node, error: Exception) -> NoReturn:
    """Name the first scalar that PyYAML cannot make a value of; what escaped it names none."""
    nodes, seen = [root], set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            nodes += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            nodes += reversed(node.value)
        elif isinstance(node, yaml.ScalarNode) and _escapes(node):
            what = f"{node.value!r} cannot be read as {node.tag.replace('tag:yaml.org,2002:', '!!')}"
            # Other errors tell of PyYAML's insides.
            why = f": {error}" if isinstance(error, ValueError) else ""
            raise yaml.constructor.ConstructorError(None, None, what + why, node.start_mark) from error
    raise yaml.constructor.ConstructorError(None, None, str(error), root.start_mark) from error


def _escapes(node: yaml.ScalarNode) -> bool:
    try:
        yaml.SafeLoader("").construct_object(node)
    except _ESCAPES:
        return True
    except yaml.YAMLError:
        pass
    return False


# No timestamp: a date like 2024-13-45 is said to be wrong elsewhere.
_SCALARS = {
    tag: PyyamlLoader.yaml_constructors[tag]
    for tag in (f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null"))
}
