"""Aliases: what contains itself, and what grows out of all proportion, is refused as Go's YAML library refuses it."""

from __future__ import annotations

import yaml

# gopkg.in/yaml.v2, decode.go: up to 400,000 values 99 of 100 may come from aliases, from 4,000,000 on 10 of 100.
_MANY, _VERY_MANY = 400_000, 4_000_000
_FEW_ALIASES, _FEW_VALUES = 100, 1000

_Size = tuple[int, int]


def refuse_excessive_aliases(root: yaml.Node) -> None:
    """Accept a document whose aliases end and stay in proportion.

    Raises:
        yaml.YAMLError: an anchor contains itself, or most of the document comes out of aliases.
    """
    _Expansion(root)


class _Expansion:
    """How many values a document has when every alias is written out."""

    def __init__(self, root: yaml.Node) -> None:
        # By a node's identity: its values, and how many of them stand below an alias in it.
        self._sizes: dict[int, _Size] = {}
        self._open: set[int] = set()
        total, aliased = self._size(root)
        if aliased > _FEW_ALIASES and total > _FEW_VALUES and aliased / total > _allowed(total):
            raise yaml.composer.ComposerError(
                None, None, "document contains excessive aliasing; write out what is meant", root.start_mark
            )

    def _size(self, node: yaml.Node) -> _Size:
        """The values of a node that stands at its anchor."""
        self._open.add(id(node))
        total, aliased = 1, 0
        for part in _parts(node):
            if id(part) in self._open:
                raise yaml.composer.ComposerError(
                    None, None, "an anchor contains itself, which has no end; write out what is meant", part.start_mark
                )
            # The second time that the same node is met, it is met by an alias, which is one value more.
            known = self._sizes.get(id(part))
            if known is None:
                below_total, below_aliased = self._size(part)
            else:
                below_total = known[0] + 1
                below_aliased = known[0]
            total += below_total
            aliased += below_aliased
        self._open.remove(id(node))
        self._sizes[id(node)] = total, aliased
        return total, aliased


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _allowed(total: int) -> float:
    if total <= _MANY:
        return 0.99
    if total >= _VERY_MANY:
        return 0.10
    return 0.99 - 0.89 * (total - _MANY) / (_VERY_MANY - _MANY)
