"""The reader `kubernetes`: a text is what sigs.k8s.io/yaml makes of it, as in Helm, kubectl and the API server."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NoReturn

import yaml

from nested_templates.yaml_reader.go_text import as_go_reads
from nested_templates.yaml_reader.kubernetes_scalar import FIRST_CHARACTERS, Scalar, key_text, read_scalar
from nested_templates.yaml_reader.loader import MAP, MERGE, SEQUENCE, STRING, Duplicate, Loader

_PLAIN = "tag:helm-nested:plain"
_NULL, _BOOL, _INT, _FLOAT, _BINARY = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "binary")
)
_MERGE_WORD = "<<"


class KubernetesLoader(Loader):
    """Documents as JSON: every key is a text, a number without a fraction is an integer, a date is a text."""

    def __init__(self, text: str) -> None:
        super().__init__(as_go_reads(text))

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of a node that has none: plain texts that may be more than a text have one of their own."""
        if kind is yaml.ScalarNode and implicit[0] and (not value or value[0] in FIRST_CHARACTERS):
            return _PLAIN
        if kind is yaml.ScalarNode:
            return STRING
        return MAP if kind is yaml.MappingNode else SEQUENCE

    def key_of(self, node: yaml.Node) -> object:
        """The key that a node is in a map."""
        return self._key(node)

    def document(self, node: yaml.Node) -> object:
        """The values, as JSON has them."""
        return self._value(node)

    def _value(self, node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
        if isinstance(node, yaml.ScalarNode):
            tag = node.tag
            if tag == STRING:
                return node.value
            return read_scalar(node.value) if tag == _PLAIN else _tagged(node)
        if isinstance(node, yaml.MappingNode):
            values: dict[str, Any] = {}
            self._fill(values, node)
            return values
        return [self._value(item) for item in node.value]

    def _fill(self, values: dict[str, Any], node: yaml.MappingNode) -> None:
        """Put what a map says into the values; as with Kubernetes a merge wins over what stands above it."""
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.value == _MERGE_WORD and key_node.tag in (_PLAIN, MERGE):
                self._merge(values, value_node)
                continue
            key = key_node.value if key_node.tag == STRING else self._key(key_node)
            if key in lines:
                self.duplicates.append(Duplicate(key, key_node, lines[key]))
            else:
                lines[key] = key_node.start_mark.line + 1
            values[key] = self._value(value_node)

    def _merge(self, values: dict[str, Any], node: yaml.Node) -> None:
        # Of several the first counts, so it comes last.
        for source in reversed(node.value) if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                _refuse("map merge requires map or sequence of maps as the value", source)
            self._fill(values, source)

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            _refuse("a map or a list cannot be a key of a map", node)
        if node.tag == STRING:
            return str(node.value)
        key: Scalar = key_text(node.value) if node.tag == _PLAIN else _tagged(node)
        if key is None:
            _refuse(f"{node.value!r} cannot be a key of a map; put it in quotes", node)
        return str(key).lower() if isinstance(key, bool) else str(key)


def _tagged(node: yaml.ScalarNode) -> Scalar:
    """The value of a scalar with a tag of its own, like `!!int 3`; an unknown tag says nothing."""
    text, tag = str(node.value), node.tag
    if tag == _BINARY:
        try:
            return base64.b64decode(text.replace("\n", ""), validate=True).decode("utf-8", errors="replace")
        except binascii.Error:
            _refuse("!!binary value contains invalid base64 data", node)
    if tag not in (_NULL, _BOOL, _INT, _FLOAT):
        return text
    value = read_scalar(text)
    fits = {
        _NULL: value is None,
        _BOOL: isinstance(value, bool),
        _INT: isinstance(value, int) and not isinstance(value, bool),
        _FLOAT: isinstance(value, int | float) and not isinstance(value, bool),
    }
    if not fits[tag]:
        _refuse(f"{text!r} cannot be read as !!{tag.rpartition(':')[2]}", node)
    return value


def _refuse(problem: str, node: yaml.Node) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
