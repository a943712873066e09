"""What every reader does: documents as values, and the keys that stand twice in one map."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import yaml

from nested_templates.yaml_reader.aliasing import refuse_excessive_aliases

STRING, MAP, SEQUENCE, MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "merge"))

# The keys and list positions that lead to a place in a document, from the top.
KeyPath = tuple[object, ...]

# By the text of a plain scalar its tag, for so many of them: PyYAML tries expressions on each.
_TAGS: dict[str | None, str] = {}
_MOST_TAGS = 20_000


@dataclass(frozen=True)
class Duplicate:
    """A key that stands in a map again: what it is, where, and the line where it stands first."""

    key: Hashable
    node: yaml.Node
    first: int


class Loader(yaml.CSafeLoader):
    """libyaml's safe loader that notes duplicate keys (YAML 1.2, section 3.2.1.3: keys are unique)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[Duplicate] = []
        self.has_aliases = "&" in text and "*" in text

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of a node that has none, by what PyYAML makes of its text; the same texts come again and again."""
        if kind is not yaml.ScalarNode:
            return MAP if kind is yaml.MappingNode else SEQUENCE
        if not implicit[0]:
            return STRING
        tag = _TAGS.get(value)
        if tag is None:
            tag = str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
            if len(_TAGS) < _MOST_TAGS:
                _TAGS[value] = tag
        return tag

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """There are no resolvers by path here."""

    def ascend_resolver(self) -> None:
        """There are no resolvers by path here."""

    def key_of(self, node: yaml.Node) -> object:
        """The key that a node is in a map."""
        return self.construct_object(node, deep=True)

    def construct_document(self, node: yaml.Node) -> object:
        """The document's values.

        Raises:
            yaml.YAMLError: this reader cannot read it, or its aliases have no end.
        """
        self.duplicates.clear()
        if self.has_aliases:
            refuse_excessive_aliases(node)
        return self.document(node)

    def document(self, node: yaml.Node) -> object:
        """The values, as this reader makes them."""
        return super().construct_document(node)

    def duplicate_paths(self, root: yaml.Node) -> Iterator[KeyPath]:
        """The path of every duplicate key below the root of the document that was constructed last."""
        wanted = {id(duplicate.node) for duplicate in self.duplicates}
        visited: set[int] = set()
        parts: list[tuple[yaml.Node, KeyPath]] = [(root, ())]
        while parts and wanted:
            node, path = parts.pop()
            if id(node) in visited:
                continue  # an alias
            visited.add(id(node))
            below: list[tuple[yaml.Node, KeyPath]] = []
            if isinstance(node, yaml.SequenceNode):
                below = [(item, (*path, number)) for number, item in enumerate(node.value)]
            elif isinstance(node, yaml.MappingNode):
                for key_node, value in node.value:
                    place = (*path, self.key_of(key_node))
                    if id(key_node) in wanted:
                        wanted.remove(id(key_node))
                        yield place
                    below.append((value, place))
            parts += reversed(below)
