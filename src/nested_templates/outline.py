"""Documents with gaps: what a service template leads to for any arguments, so that its YAML is read once.

Reading YAML takes nearly all the time of a fill. So the text is read once with marks in place of the arguments. What
the `json` encoder writes in place of a mark that stands alone, in double quotes or in a block scalar is read as the
argument itself, so the argument is put into the documents there. An argument that stands elsewhere is filled in before
the text is read, so an outline holds for that argument alone.

There is no outline of a text in which one place decides about another one, as an alias, a tag or a list of objects
does, and none for an argument that perhaps decides how all of the text is read.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock

import yaml

from nested_templates.contract import Argument, ArgumentSet, Contract
from nested_templates.dialect import STRING_TEMPLATE, Placeholder, parse
from nested_templates.encoder import flow, json_encoder
from nested_templates.errors import DocumentError, FillError
from nested_templates.fill import fill
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import CONSUMER_READER, Document, is_deeper, load_documents
from nested_templates.yaml_reader.loader import MAP, MERGE, SEQUENCE, STRING
from nested_templates.yaml_reader.pyyaml_loader import is_unlike_libyaml

# Private-use characters around the number of a gap, and what nobody can write on purpose, not even by an escape.
_OPEN, _CLOSE = f"\ue000{secrets.token_hex(8)}.", "\ue001"
_MARK = re.compile(f"{re.escape(_OPEN)}([0-9]+){_CLOSE}")
# What is put into no gap, as it is perhaps read as something else there.
_NOT_AS_ITSELF = _OPEN
# With one of these at its edge a text may be, with what is beside it, a sign that is read in two ways.
_FIRST, _LAST = tuple("# \n"), tuple("|>-+!")
# An outline of one of our templates has 300 to 4,000 characters in up to 60 parts, each of which takes some memory too.
_MOST_CHARACTERS = 4_000_000
_CHARACTERS_OF_A_PART = 150
_MOST_TEMPLATES = 256
# An argument of so many levels in documents of as many is within what documents may have.
_MOST_LEVELS = 90
# YAML takes 1,024 for one that has no sign of its own (YAML 1.1, section 7.3), and an escape of one has six or twelve.
_MOST_CHARACTERS_OF_A_KEY = 80
# So many outlines of a template that are not used again tell that every endpoint has another one.
_MOST_UNUSED = 64


class _Gap(Enum):
    """Where an argument goes, by which it follows how it is read there."""

    ALONE = auto()
    QUOTED = auto()
    BLOCK = auto()
    ELSEWHERE = auto()


@dataclass(frozen=True)
class _Outline:
    """JSON of documents in parts, and between two of them the argument that goes there; no parts if there is none."""

    parts: tuple[str, ...] = ()
    gaps: tuple[tuple[str, _Gap], ...] = ()


@dataclass
class _Template:
    """What is known of one: the arguments that stand elsewhere, and how many outlines were made since one was used."""

    elsewhere: frozenset[str]
    unused: int = 0


class Outlines:
    """Fills templates with arguments as the `json` encoder writes them; outlines used last are kept. For threads."""

    def __init__(self, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._lock = Lock()
        self._characters = 0
        self._known: OrderedDict[tuple[object, ...], _Outline] = OrderedDict()
        self._templates: dict[str, _Template] = {}

    def documents(self, template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract) -> list[Document]:
        """The documents that `fill` leads to; the argument set keeps to the contract.

        Raises:
            FillError, DocumentError: as `fill`.
        """
        found = self._by_outline(template, argument_set, contract)
        return list(fill(template, argument_set, contract, json_encoder).documents) if found is None else found

    def _by_outline(
        self, template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract
    ) -> list[Document] | None:
        """The same; None where only a fill tells, as there is no outline or no such argument."""
        if template.dialect is not STRING_TEMPLATE or template.reader != CONSUMER_READER:
            return None
        outline = self._outline(template, argument_set, contract)
        if outline is None or not outline.parts:
            return None
        texts: list[str] = [outline.parts[0]]
        for (name, gap), part in zip(outline.gaps, outline.parts[1:], strict=True):
            text = argument_set.text(contract.arguments[name], _INSERTED[gap])
            if text is _NOT_AS_ITSELF:
                return None
            texts += (text, part)
        documents: list[Document] = json.loads("".join(texts))
        return documents

    def _outline(self, template: ServiceTemplate, argument_set: ArgumentSet, contract: Contract) -> _Outline | None:
        """The outline by which these arguments are filled in; None where the fill has something to refuse."""
        try:
            segments = parse(template.text, template.where)
        except FillError:
            return None
        names = dict.fromkeys(each.name for each in segments if isinstance(each, Placeholder))
        if not all(name in contract.arguments and name in argument_set.arguments for name in names):
            return None
        known = self._template(template, (name for name in names if contract.arguments[name].position == "entry"))
        while known.unused < _MOST_UNUSED:
            elsewhere = known.elsewhere
            filled = {
                name: argument_set.text(contract.arguments[name], json_encoder) for name in names if name in elsewhere
            }
            known_by = (template.text, *filled.items())
            found = self._found(known_by, known)
            if found is not None:
                return found
            made = _made(template, segments, filled)
            if isinstance(made, _Outline):
                self._keep(known_by, made, known)
                return made
            known.elsewhere = elsewhere | made
        return None

    def _template(self, template: ServiceTemplate, entries: Iterable[str]) -> _Template:
        with self._lock:
            known = self._templates.get(template.text)
            if known is None:
                if len(self._templates) >= _MOST_TEMPLATES:
                    self._templates.clear()
                known = self._templates[template.text] = _Template(frozenset(entries))
            return known

    def _found(self, known_by: tuple[object, ...], template: _Template) -> _Outline | None:
        with self._lock:
            found = self._known.get(known_by)
            if found is not None:
                self._known.move_to_end(known_by)
                template.unused = 0
            return found

    def _keep(self, known_by: tuple[object, ...], outline: _Outline, template: _Template) -> None:
        """Keep it unless it takes much of the room, of which others would go."""
        characters = _characters(known_by, outline)
        with self._lock:
            template.unused += 1
            if known_by in self._known or characters > self._most // 4:
                return
            self._characters += characters
            self._known[known_by] = outline
            while self._characters > self._most:
                self._characters -= _characters(*self._known.popitem(last=False))


def _characters(known_by: tuple[object, ...], outline: _Outline) -> int:
    return len(str(known_by)) + sum(len(part) + _CHARACTERS_OF_A_PART for part in outline.parts)


def _made(
    template: ServiceTemplate, segments: Iterable[str | Placeholder], filled: Mapping[str, str]
) -> _Outline | frozenset[str]:
    """The outline, with no parts if there can be none; or the arguments that stand elsewhere and are to be filled in.

    What cannot be read with marks can perhaps be read without them, or is told by the fill.
    """
    names: list[str] = []
    texts: list[str] = []
    for segment in segments:
        text = segment if isinstance(segment, str) else filled.get(segment.name)
        if text is None:
            text = f"{_OPEN}{len(names)}{_CLOSE}"
            names.append(segment.name)  # type: ignore[union-attr]
        texts.append(text)
    text = "".join(texts)
    if is_unlike_libyaml(text):
        return _Outline()
    try:
        nodes = list(yaml.compose_all(text, yaml.CSafeLoader))
        gaps = dict(_gaps(nodes))
        elsewhere = {name for number, name in enumerate(names) if gaps.get(number, _Gap.ELSEWHERE) is _Gap.ELSEWHERE}
        if elsewhere:
            return frozenset(elsewhere)
        if any(map(_decides, nodes)):
            return _Outline()
        documents = load_documents(text, template.where, template.reader)
        written = _json(documents)
    except (_DecidesError, DocumentError, yaml.YAMLError, ValueError, TypeError, RecursionError):
        return _Outline()
    # A key that is no text would become one.
    if is_deeper(documents, _MOST_LEVELS) or json.loads(written) != documents:
        return _Outline()
    return _cut(written, names, gaps)


class _DecidesError(Exception):
    """One place of a text decides how another one is read."""


def _decides(document: yaml.Node) -> bool:
    """Whether it is, or may be by an argument, a list of objects, which is taken apart."""
    heads = document.value if isinstance(document, yaml.MappingNode) else ()
    kinds = [value.value for key, value in heads if key.value == "kind"]
    return any(not isinstance(kind, str) or kind.endswith("List") or _OPEN in kind for kind in kinds)


def _cut(written: str, names: Sequence[str], gaps: Mapping[int, _Gap]) -> _Outline:
    """The JSON cut where the marks are; where one stands alone, its quotes are left out too."""
    pieces = _MARK.split(written)
    parts = pieces[::2]
    numbers = [int(number) for number in pieces[1::2]]
    for place, number in enumerate(numbers):
        if gaps[number] is _Gap.ALONE:
            parts[place] = parts[place].removesuffix('"')
            parts[place + 1] = parts[place + 1].removeprefix('"')
    return _Outline(tuple(parts), tuple((names[number], gaps[number]) for number in numbers))


def _gaps(nodes: Iterable[yaml.Node]) -> Iterator[tuple[int, _Gap]]:
    """Where each mark stands that is in the value of a scalar.

    Raises:
        _DecidesError: an alias, a merge or a tag says what something else is.
    """
    waiting = [(node, False) for node in nodes]
    visited: set[int] = set()
    while waiting:
        node, is_key = waiting.pop()
        if id(node) in visited or node.tag == MERGE:
            raise _DecidesError
        visited.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            if _OPEN in node.value:
                gap = _Gap.ELSEWHERE if is_key or node.tag != STRING else _gap(node)
                yield from ((int(number), gap) for number in _MARK.findall(node.value))
        elif node.tag not in (MAP, SEQUENCE):
            raise _DecidesError
        elif isinstance(node, yaml.MappingNode):
            waiting += [(part, number == 0 or is_key) for pair in node.value for number, part in enumerate(pair)]
        else:
            waiting += [(item, is_key) for item in node.value]


def _gap(node: yaml.ScalarNode) -> _Gap:
    if node.style == "|":
        return _Gap.BLOCK
    if node.start_mark.line != node.end_mark.line:
        return _Gap.ELSEWHERE  # white space at the end of a line is left out
    if node.style == '"':
        return _Gap.QUOTED
    # A tag would say what it is, and would belong to the node.
    is_whole = _MARK.fullmatch(node.value) and node.end_mark.column - node.start_mark.column == len(node.value)
    return _Gap.ALONE if is_whole else _Gap.ELSEWHERE


def _alone(argument: Argument, value: object) -> str:
    is_whole = argument.position == "value" or not isinstance(value, str)
    is_plain = is_whole and not is_deeper(value, _MOST_LEVELS) and not _has_long_key(value)
    return _json(value) if is_plain and _is_read_in_one_way(flow(value)) else _NOT_AS_ITSELF


def _has_long_key(value: object) -> bool:
    if isinstance(value, dict):
        return any(len(key) > _MOST_CHARACTERS_OF_A_KEY for key in value) or any(map(_has_long_key, value.values()))
    return isinstance(value, list) and any(map(_has_long_key, value))


def _quoted(argument: Argument, value: object) -> str:
    text = json_encoder(argument, value)
    if not _is_read_in_one_way(text):
        return _NOT_AS_ITSELF
    if argument.position == "scalar" and isinstance(value, str):
        return _json(value)[1:-1]
    return _json(text)[1:-1] if flow(text)[1:-1] == text else _NOT_AS_ITSELF


def _in_block(argument: Argument, value: object) -> str:
    text = json_encoder(argument, value)
    is_plain = text and text == text.strip() and _is_read_in_one_way(text)
    return _json(text)[1:-1] if is_plain else _NOT_AS_ITSELF


def _is_read_in_one_way(text: str) -> bool:
    """Whether nothing in it, nor at its edges with what is beside it, is a sign by which another scanner is chosen."""
    return not (is_unlike_libyaml(text) or text.startswith(_FIRST) or text.endswith(_LAST))


# The argument as JSON for a gap, where it is read as itself there.
_INSERTED = {_Gap.ALONE: _alone, _Gap.QUOTED: _quoted, _Gap.BLOCK: _in_block}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
