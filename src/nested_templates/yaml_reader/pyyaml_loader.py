"""The reader `pyyaml`: a text is what `yaml.safe_load` makes of it, as in most programs written in Python."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from typing import Any

import yaml

from nested_templates.yaml_reader.loader import MAP, MERGE, SEQUENCE, STRING, Duplicate, Loader

# Beside them PyYAML's own scanner, which `yaml.safe_load` uses, takes and refuses other texts than libyaml's.
_UNLIKE_LIBYAML = frozenset("\t\x85\u2028\u2029\ufeff")


class _UnusualError(Exception):
    """A document has something that PyYAML itself has to make a value of, or to refuse."""


class PyyamlLoader(Loader):
    """The values and the refusals of `yaml.safe_load`."""

    def __init__(self, text: str) -> None:
        if not _UNLIKE_LIBYAML.isdisjoint(text):
            text = yaml.serialize_all(
                yaml.compose_all(text, yaml.SafeLoader), Dumper=yaml.SafeDumper, allow_unicode=True
            )
        super().__init__(text)
        self._seen: set[int] = set()

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
            with suppress(_UnusualError, yaml.YAMLError, ValueError, TypeError, RecursionError):
                return self._value(node)
        return super().document(node)

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


# No timestamp: a date like 2024-13-45 is said to be wrong elsewhere.
_SCALARS = {
    tag: PyyamlLoader.yaml_constructors[tag]
    for tag in (f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null"))
}
