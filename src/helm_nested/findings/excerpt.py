"""The lines of a text around the place that a path names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from nested_templates.document_path import PathError, Step, parse

_LINES = 6
_LINE = re.compile(r"line (\d+)")
# A placeholder as `${NAME}` or `$NAME`: in braces it would end a map in one line, and alone it is an entry of a map.
_PLACEHOLDER = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_ALONE = re.compile(r"^([ \t]*)\$\{?(\w+)\}?[ \t]*$", re.ASCII | re.MULTILINE)
# An expression of Jinja2, and the line that an error quotes.
_EXPRESSION = re.compile(r"(\{\{.*?\}\})")
_QUOTED = re.compile(r"The line is: (.*)")
_SEPARATOR = re.compile(r"---(?:\s|\Z)")
_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"


def excerpt(path: str, text: str, document: int | None = None) -> str:
    """The lines around the last step of the path that can be found in the text, or around `line 7`, with numbers.

    `document` is the place among the documents of the text of the one that the path is in.
    """
    # Editors count these lines; YAML, which has more ends of lines, does not.
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    named = _LINE.fullmatch(path)
    number = int(named[1]) - 1 if named else _line_of(_steps(path), text, lines, document or 0)
    return "\n".join(
        f"{index + 1:>4}  {lines[index]}"
        for index in range(max(0, number - 1), min(len(lines), number + _LINES - 1))
        if lines[index] or index + 1 < len(lines)
    )


def excerpt_if_filled(path: str, text: str, advice: str) -> str:
    """The lines around `line 7` of a filled text in its template, if that line is there what the advice quotes."""
    named, quoted = _LINE.fullmatch(path), _QUOTED.match(advice)
    lines = text.split("\n")
    if named is None or quoted is None or int(named[1]) > len(lines):
        return ""
    written = "".join(
        ".*" if part.startswith("{{") else re.escape(part)
        for part in _EXPRESSION.split(lines[int(named[1]) - 1].strip())
    )
    return excerpt(path, text) if re.fullmatch(written, quoted[1]) else ""


def _steps(path: str) -> Sequence[Step]:
    try:
        return parse(path)
    except PathError:
        return ()  # a check says in other words where it is


def _line_of(steps: Sequence[Step], text: str, lines: Sequence[str], document: int) -> int:
    readable = _PLACEHOLDER.sub(r"\1\2", _ALONE.sub(r"\1\2: \2", text))
    try:
        nodes = list(_documents(yaml.compose_all(readable, Loader=yaml.CSafeLoader)))
    except (yaml.YAMLError, RecursionError, ValueError):
        return _written_line(steps, lines, document)  # a template need not be YAML before it is filled
    if document >= len(nodes):
        return _written_line(steps, lines, document)
    return readable.count("\n", 0, _mark(nodes[document], steps).index)


def _documents(nodes: Iterator[yaml.Node]) -> Iterator[yaml.Node]:
    """The nodes of the documents of a text as they are numbered: no empty one, and the items of a list."""
    for node in nodes:
        if node.tag != _NULL:
            yield from _items(node)


def _items(node: yaml.Node) -> Iterator[yaml.Node]:
    kind, items = _entry(node, "kind"), _entry(node, "items")
    is_list = kind is not None and str(kind[1].value).endswith("List") and _entry(node, "apiVersion") is not None
    if is_list and items is not None and isinstance(items[1], yaml.SequenceNode):
        for item in items[1].value:
            yield from _items(item)
    else:
        yield node


def _mark(node: yaml.Node, steps: Sequence[Step]) -> yaml.Mark:
    """Where the path leads, as far as its steps are found one after the other."""
    mark = node.start_mark
    for step in steps:
        if isinstance(node, yaml.SequenceNode):
            if not isinstance(step, int) or step >= len(node.value):
                break
            node = node.value[step]
            mark = node.start_mark
        else:
            found = _entry(node, str(step))
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
    return mark


def _entry(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """The last entry of a map with that key, as readers keep it, or else one that it merges."""
    waiting, seen = [node], set[int]()
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, yaml.MappingNode) or id(part) in seen:
            continue  # what is merged by many ways is looked at once
        seen.add(id(part))
        own = [(name, value) for name, value in part.value if isinstance(name, yaml.ScalarNode) and name.value == key]
        if own:
            return own[-1]
        for name, value in part.value:
            if name.tag == _MERGE:
                waiting += value.value if isinstance(value, yaml.SequenceNode) else [value]
    return None


def _written_line(steps: Sequence[Step], lines: Sequence[str], document: int) -> int:
    """The line where the path leads in a text that is no YAML, by what its lines begin with."""
    number = _start(document, lines)
    for step in steps:
        reached = _item(step, number, lines) if isinstance(step, int) else _key(str(step), number, lines)
        if reached is None:
            break
        number = reached
    return number


def _start(document: int, lines: Sequence[str]) -> int:
    """The line where the document begins, as far as one can tell: before a separator there may be nothing."""
    starts = [0]
    for number, line in enumerate(lines):
        if _SEPARATOR.match(line):
            if any(each.strip() and not each.lstrip().startswith("#") for each in lines[starts[-1] : number]):
                starts.append(number + 1)
            else:
                starts[-1] = number + 1
    return starts[min(document, len(starts) - 1)]


def _key(step: str, start: int, lines: Sequence[str]) -> int | None:
    """The next line with that key, the line of the item that is looked into among them."""
    for number in range(start, len(lines)):
        text = lines[number].strip().removeprefix("- ").lstrip('"')
        if text.startswith((f"{step}:", f'{step}":')):
            return number
    return None


def _item(index: int, start: int, lines: Sequence[str]) -> int | None:
    """The line where an item of the list begins whose first item is the next one below `start`."""
    indent = None
    for number in range(start + 1, len(lines)):
        text = lines[number].lstrip()
        depth = len(lines[number]) - len(text)
        if indent is None and text.startswith("- "):
            indent = depth
        if indent is not None and text and depth < indent:
            return None
        if depth == indent and text.startswith("-"):
            if index == 0:
                return number
            index -= 1
    return None
