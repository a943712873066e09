"""YAML texts as documents, as one of the readers reads them; where a mistake is, and which keys stand twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from nested_templates.errors import DocumentError
from nested_templates.yaml_reader.aliasing import refuse_excessive_aliases
from nested_templates.yaml_reader.kubernetes_loader import KubernetesLoader
from nested_templates.yaml_reader.loader import Duplicate, KeyPath, Loader
from nested_templates.yaml_reader.pyyaml_loader import PyyamlLoader

__all__ = [
    "CONSUMER_READER",
    "DEFAULT_READER",
    "READERS",
    "Document",
    "KeyPath",
    "Parsed",
    "check_map",
    "is_deeper",
    "load_all",
    "load_documents",
    "parse_documents",
]

Document = dict[str, Any]

# By the name that the configuration has for each: how Kubernetes and Helm read, and how `yaml.safe_load` does.
READERS: dict[str, type[Loader]] = {"kubernetes": KubernetesLoader, "pyyaml": PyyamlLoader}
DEFAULT_READER = "kubernetes"
# Most programs that fill templates are written in Python. Files for this tool alone are read so too: there a key like
# `off`, which was meant as a text, is told, and does not become the text "false".
CONSUMER_READER = "pyyaml"


# Checks look into documents by recursion; no object of Kubernetes has more than some thirty.
_MOST_LEVELS = 200
_MISSING = object()


@dataclass(frozen=True)
class Parsed:
    """The documents of a text, the last of equal keys kept; for each the paths of the keys that stand there again."""

    documents: tuple[Document, ...]
    duplicate_keys: tuple[tuple[KeyPath, ...], ...]


def load_all(text: str, where: str, reader: str = DEFAULT_READER, *, is_secret: bool = False) -> list[Any]:
    """Every YAML document of a text, empty ones left out; `where` names the text in a DocumentError.

    Of a secret text the error has the place alone, and nothing that stands there but a key that stands twice.
    """
    found = []
    for value, _, loader in _load(text, where, reader, is_secret=is_secret):
        if loader.duplicates:
            raise DocumentError(
                f"{where}: {_explain(_stands_twice(loader.duplicates), text, shows_line=not is_secret)}"
            )
        if value is not None:
            found.append(value)
    return found


def load_documents(text: str, where: str, reader: str = DEFAULT_READER, *, is_secret: bool = False) -> list[Document]:
    """Every YAML document of a text, each of which must be a map; `is_secret` as in `load_all`.

    Raises:
        DocumentError: the text is no YAML, has a duplicate key, or a document is no map.
    """
    documents = load_all(text, where, reader, is_secret=is_secret)
    for number, document in enumerate(documents, start=1):
        _require_map(document, number, where, is_secret=is_secret)
    return [item for document in documents for item, _ in _items(document, (), where)]


def parse_documents(text: str, where: str, reader: str = DEFAULT_READER) -> Parsed:
    """The same for a text in which a key may stand twice; of equal keys the last is kept, as most readers do.

    Raises:
        DocumentError: the text is no YAML, or a document is no map.
    """
    documents: list[Document] = []
    duplicate_keys: list[tuple[KeyPath, ...]] = []
    for value, node, loader in _load(text, where, reader):
        if value is not None:
            _require_map(value, len(documents) + 1, where)
            for item, paths in _items(value, tuple(loader.duplicate_paths(node)), where):
                documents.append(item)
                duplicate_keys.append(paths)
    return Parsed(tuple(documents), tuple(duplicate_keys))


def _items(
    document: Document, duplicates: tuple[KeyPath, ...], where: str
) -> Iterator[tuple[Document, tuple[KeyPath, ...]]]:
    """The objects of a `kind: List`, as Helm and kubectl take it, with their duplicate keys; any other document itself.

    A duplicate key of the list itself is told with its first object.
    """
    kind, items = document.get("kind"), document.get("items", _MISSING)
    is_list = isinstance(kind, str) and kind.endswith("List") and "apiVersion" in document
    if not is_list or not isinstance(items, list | None):
        yield document, duplicates
        return
    items = items or []  # null, which a loop over nothing leaves, is no object
    own = tuple(path for path in duplicates if path[0] != "items" or len(path) < len(("items", 0, "key")))
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            raise DocumentError(
                f"{where}: items[{number}] of the {kind} is a {type(item).__name__}, not a map. Write an object there."
            )
        if kind != "List" and not item.get("kind") and not item.get("apiVersion"):
            # What is in a ConfigMapList is a ConfigMap, said or not.
            item = {"apiVersion": document["apiVersion"], "kind": str(kind).removesuffix("List"), **_without_head(item)}
        below = tuple(path[2:] for path in duplicates if path[:2] == ("items", number) and path not in own)
        yield from _items(item, (own if number == 0 else ()) + below, where)


def _without_head(item: Document) -> Document:
    return {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}


def _require_map(document: object, number: int, where: str, *, is_secret: bool = False) -> None:
    if not isinstance(document, dict):
        shown = "" if is_secret else f": {str(document)[:80]!r}"
        raise DocumentError(
            f"{where}: document {number} is a {type(document).__name__}, not a map{shown}. "
            "Write a map there, or nothing."
        )


def _stands_twice(duplicates: list[Duplicate]) -> yaml.YAMLError:
    first = min(duplicates, key=lambda each: each.node.start_mark.line)
    return yaml.constructor.ConstructorError(
        None,
        None,
        f"the key {first.key!r} stands twice: first in line {first.first}; remove one",
        first.node.start_mark,
    )


def check_map(text: str, where: str) -> list[str]:
    """Accept a text that is one YAML map, or empty, without making values of it: what they are is up to its reader.

    Returns a sentence for each key that stands twice in one map: of those Helm takes the last.

    Raises:
        DocumentError: the text is no YAML, has several documents, something else than a map, or aliases without end.
    """
    try:
        nodes = [node for node in yaml.compose_all(text, Loader=yaml.CSafeLoader) if not _is_empty(node)]
        if "*" in text:
            for node in nodes:
                refuse_excessive_aliases(node)
        for node in nodes:
            if not isinstance(node, yaml.MappingNode):
                raise DocumentError(f"{where}: line {node.start_mark.line + 1}: not a map. Write 'name: value'.")
        if len(nodes) > 1:
            line = nodes[1].start_mark.line + 1
            raise DocumentError(f"{where}: a second document starts at line {line}. Make it one, or use two files.")
        return [sentence for node in nodes for sentence in _duplicates(node, where, set())]
    except yaml.YAMLError as error:
        raise DocumentError(f"{where}: {_explain(error, text)}") from error
    except RecursionError as error:
        raise DocumentError(f"{where}: it is nested too deeply. Write it with fewer levels.") from error


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _duplicates(node: yaml.Node, where: str, visited: set[int]) -> Iterator[str]:
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _duplicates(item, where, visited)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[tuple[str, str], int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if (key.tag, key.value) in lines:
                first = lines[key.tag, key.value]
                yield (
                    f"{where}: line {line}: the key {key.value!r} stands twice: first in line {first}. "
                    "Helm takes the last. Remove one."
                )
            lines[key.tag, key.value] = line
        yield from _duplicates(value, where, visited)


def _load(text: str, where: str, reader: str, *, is_secret: bool = False) -> Iterator[tuple[Any, yaml.Node, Loader]]:
    """Each document as a value, as a node, and the loader, which knows the duplicate keys of this one only."""
    try:
        loader = READERS[reader](text)
        try:
            while loader.check_node() and (node := loader.get_node()) is not None:
                value = loader.construct_document(node)
                if is_deeper(value, _MOST_LEVELS):
                    raise RecursionError
                yield value, node, loader
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        if is_secret:
            # Else the error itself, which a traceback shows, would quote the line.
            raise DocumentError(f"{where}: {_explain(_without_quotes(error), text, shows_line=False)}") from None
        raise DocumentError(f"{where}: {_explain(error, text)}") from error
    except RecursionError as error:
        raise DocumentError(f"{where}: it is nested too deeply. Write it with fewer levels.") from error
    except ValueError as error:  # half a character, which UTF-8 cannot hold
        raise DocumentError(f"{where}: a value cannot be read: {error}. Put it in quotes.") from error


def is_deeper(value: object, levels: int) -> bool:
    """Whether lists and maps stand in one another more than that many levels deep."""
    level = [value]
    for _ in range(levels):
        level = [
            part
            for whole in level
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        if not level:
            return False
    return True


def _without_quotes(error: yaml.YAMLError) -> yaml.YAMLError:
    """The error without what it quotes of the text, such as a tag."""
    problem = getattr(error, "problem", None)
    if problem:
        error.problem = re.sub(r"\s*'[^']*'|\s*\"[^\"]*\"", "", problem)  # type: ignore[attr-defined]
    return error


def _explain(error: yaml.YAMLError, text: str, *, shows_line: bool = True) -> str:
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
    told = f"\n    {line.rstrip()}\nCorrect" if shows_line else ". Correct"
    # What was left open is often far above the line where it is missed.
    opened, what = getattr(error, "context_mark", None), getattr(error, "context", None)
    since = f" ({what} that starts in line {opened.line + 1})" if opened and opened.line != mark.line else ""
    place = f"line {mark.line + 1}, column {mark.column + 1}: {problem}{since}"
    return f"{place}{told} this line." if line.strip() else f"{place}. Correct what stands above."
