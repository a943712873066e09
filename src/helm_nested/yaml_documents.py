"""YAML texts as documents: libyaml's loader, where a key written twice is an error."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from helm_nested.errors import DocumentError

Document = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """libyaml's safe loader that refuses duplicate keys (YAML 1.2, section 3.2.1.3: keys are unique)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[Hashable, yaml.Mark] = {}
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if not isinstance(key, Hashable):
                continue  # the base class reports it
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key {key!r} stands twice: first in line {seen[key].line + 1}; remove one",
                    key_node.start_mark,
                )
            seen[key] = key_node.start_mark
        return super().construct_mapping(node, deep)


def load_all(text: str, where: str) -> list[Any]:
    """Every YAML document of a text, empty ones left out; `where` names the text in a DocumentError."""
    return [value for value in _load(text, where) if value is not None]


def load_documents(text: str, where: str) -> list[Document]:
    """Every YAML document of a text, each of which must be a map.

    Raises:
        DocumentError: the text is no YAML, has a duplicate key, or a document is no map.
    """
    documents = load_all(text, where)
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, dict):
            raise DocumentError(
                f"{where}: document {number} is a {type(document).__name__}, not a map: {str(document)[:80]!r}. "
                "Make it one Kubernetes object, or empty."
            )
    return documents


def _load(text: str, where: str) -> Iterator[Any]:
    try:
        yield from yaml.load_all(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise DocumentError(f"{where}: {_explain(error, text)}") from error
    except ValueError as error:  # PyYAML lets a date like 2024-13-45 escape as ValueError
        raise DocumentError(f"{where}: a value cannot be read: {error}. Put it in quotes.") from error


def _explain(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is None:
        return f"not YAML: {problem}. Correct the text."
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}\n    {line.rstrip()}\nCorrect this line."
