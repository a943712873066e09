"""YAML texts as documents: libyaml's loader, where a key written twice is an error."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from helm_nested.errors import DocumentError

Document = dict[str, Any]


_STRING, _MAP, _SEQUENCE = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))


class _UnusualError(Exception):
    """A document has something that PyYAML itself has to make a value of, or to refuse."""


# The keys and list positions that lead to a place in a document, from the top.
KeyPath = tuple[object, ...]


@dataclass(frozen=True)
class Parsed:
    """The documents of a text, the last of equal keys kept; for each the paths of the keys that stand there again."""

    documents: tuple[Document, ...]
    duplicate_keys: tuple[tuple[KeyPath, ...], ...]


@dataclass(frozen=True)
class _Duplicate:
    """A key that stands in a map again: what it is, where, and the line where it stands first."""

    key: Hashable
    node: yaml.Node
    first: int


class _Loader(yaml.CSafeLoader):
    """libyaml's safe loader that notes duplicate keys (YAML 1.2, section 3.2.1.3: keys are unique)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[_Duplicate] = []
        self._seen: set[int] = set()
        self.has_aliases = "&" in text and "*" in text

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # Merged keys become the map's own here, so its own are looked at before, and only once.
        if id(node) not in self._seen:
            self._seen.add(id(node))
            self._note_duplicates(node)
        super().flatten_mapping(node)

    def _note_duplicates(self, node: yaml.MappingNode) -> None:
        seen: dict[Hashable, yaml.Mark] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the base class reports it
            if key in seen:
                self.duplicates.append(_Duplicate(key, key_node, seen[key].line + 1))
            else:
                seen[key] = key_node.start_mark

    def duplicate_paths(self, root: yaml.Node) -> Iterator[KeyPath]:
        """The path of every duplicate key below the root of the document that was constructed last."""
        wanted = {id(each.node) for each in self.duplicates}
        visited: set[int] = set()
        parts: list[tuple[yaml.Node, KeyPath]] = [(root, ())]
        while parts and wanted:
            node, path = parts.pop()
            if id(node) in visited:
                continue  # an alias, possibly to a part that it stands in
            visited.add(id(node))
            below: list[tuple[yaml.Node, KeyPath]] = []
            if isinstance(node, yaml.SequenceNode):
                below = [(each, (*path, number)) for number, each in enumerate(node.value)]
            elif isinstance(node, yaml.MappingNode):
                for key_node, value in node.value:
                    place = (*path, self.construct_object(key_node, deep=True))
                    if id(key_node) in wanted:
                        wanted.remove(id(key_node))
                        yield place
                    below.append((value, place))
            parts += reversed(below)

    def construct_document(self, node: yaml.Node) -> object:
        """The document's values: at once if it has nothing but what nearly all have, else as PyYAML makes them.

        PyYAML's way through queues and generators takes twice as long, and is needed only for aliases.
        """
        self.duplicates.clear()
        self._seen.clear()
        if not self.has_aliases:
            with suppress(_UnusualError, yaml.YAMLError, ValueError, TypeError, RecursionError):
                return self._value(node)
        return super().construct_document(node)

    def _value(self, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
        tag = node.tag
        if isinstance(node, yaml.ScalarNode):
            return node.value if tag == _STRING else self._scalar(node)
        if tag == _MAP:
            values: dict[Hashable, Any] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    raise _UnusualError
                key = key_node.value if key_node.tag == _STRING else self._scalar(key_node)
                if key in values:
                    raise _UnusualError
                values[key] = self._value(value_node)
            return values
        if tag == _SEQUENCE:
            return [self._value(each) for each in node.value]
        raise _UnusualError

    def _scalar(self, node: yaml.ScalarNode) -> Hashable:
        constructor = _SCALARS.get(node.tag)
        if constructor is None:
            raise _UnusualError
        value: Hashable = constructor(self, node)
        return value


def _text(loader: _Loader, node: yaml.Node) -> str:  # noqa: ARG001 - the shape of a constructor
    return str(node.value)


# A plain `=` (`matchType: =` is common) has a tag of its own in YAML 1.1, for which PyYAML has no constructor.
yaml.add_constructor("tag:yaml.org,2002:value", _text, Loader=_Loader)
# No timestamp: a date like 2024-13-45 is said to be wrong elsewhere.
_SCALARS = {
    tag: _Loader.yaml_constructors[tag]
    for tag in (f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null", "value"))
}


def load_all(text: str, where: str) -> list[Any]:
    """Every YAML document of a text, empty ones left out; `where` names the text in a DocumentError."""
    found = []
    for value, _, loader in _load(text, where):
        if loader.duplicates:
            raise DocumentError(f"{where}: {_explain(_stands_twice(loader.duplicates), text)}")
        if value is not None:
            found.append(value)
    return found


def load_documents(text: str, where: str) -> list[Document]:
    """Every YAML document of a text, each of which must be a map.

    Raises:
        DocumentError: the text is no YAML, has a duplicate key, or a document is no map.
    """
    documents = load_all(text, where)
    for number, document in enumerate(documents, start=1):
        _require_map(document, number, where)
    return documents


def parse_documents(text: str, where: str) -> Parsed:
    """The same for a text in which a key may stand twice; of equal keys the last is kept, as most readers do.

    Raises:
        DocumentError: the text is no YAML, or a document is no map.
    """
    documents: list[Document] = []
    duplicate_keys: list[tuple[KeyPath, ...]] = []
    for value, node, loader in _load(text, where):
        if value is not None:
            _require_map(value, len(documents) + 1, where)
            documents.append(value)
            duplicate_keys.append(tuple(loader.duplicate_paths(node)))
    return Parsed(tuple(documents), tuple(duplicate_keys))


def _require_map(document: object, number: int, where: str) -> None:
    if not isinstance(document, dict):
        raise DocumentError(
            f"{where}: document {number} is a {type(document).__name__}, not a map: {str(document)[:80]!r}. "
            "Write a map there, or nothing."
        )


def _stands_twice(duplicates: list[_Duplicate]) -> yaml.YAMLError:
    first = min(duplicates, key=lambda each: each.node.start_mark.line)
    return yaml.constructor.ConstructorError(
        None,
        None,
        f"the key {first.key!r} stands twice: first in line {first.first}; remove one",
        first.node.start_mark,
    )


def check_map(text: str, where: str) -> None:
    """Accept a text that is one YAML map, or empty, without making values of it: what they are is up to its reader.

    Raises:
        DocumentError: the text is no YAML, has a duplicate key, several documents, or something else than a map.
    """
    try:
        nodes = [node for node in yaml.compose_all(text, Loader=yaml.CSafeLoader) if not _is_empty(node)]
    except yaml.YAMLError as error:
        raise DocumentError(f"{where}: {_explain(error, text)}") from error
    for node in nodes:
        if not isinstance(node, yaml.MappingNode):
            raise DocumentError(f"{where}: line {node.start_mark.line + 1}: not a map. Write 'name: value'.")
        _refuse_duplicates(node, where)
    if len(nodes) > 1:
        line = nodes[1].start_mark.line + 1
        raise DocumentError(f"{where}: a second document starts at line {line}. Make it one, or use two files.")


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _refuse_duplicates(node: yaml.Node, where: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            _refuse_duplicates(each, where)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if (key.tag, key.value) in seen:
                first = seen[key.tag, key.value]
                raise DocumentError(
                    f"{where}: line {line}: the key {key.value!r} stands twice: first in line {first}. Remove one."
                )
            seen[key.tag, key.value] = line
        _refuse_duplicates(value, where)


def _load(text: str, where: str) -> Iterator[tuple[Any, yaml.Node, _Loader]]:
    """Each document as a value, as a node, and the loader, which knows the duplicate keys of this one only."""
    try:
        loader = _Loader(text)
        try:
            while loader.check_node() and (node := loader.get_node()) is not None:
                yield loader.construct_document(node), node, loader
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise DocumentError(f"{where}: {_explain(error, text)}") from error
    except ValueError as error:  # PyYAML lets a date like 2024-13-45 escape as ValueError
        raise DocumentError(f"{where}: a value cannot be read: {error}. Put it in quotes.") from error


def _explain(error: yaml.YAMLError, text: str) -> str:
    """What libyaml has against a text: the line, its content, and what to do."""
    if isinstance(error, yaml.reader.ReaderError):
        # libyaml counts bytes here, and says no line.
        line_number = text.encode("utf-8")[: error.position].count(b"\n") + 1
        return (
            f"line {line_number}: U+{int(error.character):04X}: {error.reason}. Write it as an escape in double quotes."
        )
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is None:
        return f"not YAML: {problem}. Correct the text."
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    # What was left open is often far above the line where it is missed.
    opened, what = getattr(error, "context_mark", None), getattr(error, "context", None)
    since = f" ({what} that starts in line {opened.line + 1})" if opened and opened.line != mark.line else ""
    place = f"line {mark.line + 1}, column {mark.column + 1}: {problem}{since}"
    return (
        f"{place}\n    {line.rstrip()}\nCorrect this line." if line.strip() else f"{place}. Correct what stands above."
    )
