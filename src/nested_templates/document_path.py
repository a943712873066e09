"""The one notation for paths: `spec.containers[0].env`, `metadata.labels["example.com/team"]`, `spec.triggers[*].type`.

`step` and `join` write it, `parse` reads it. `[*]`, `[]` or `.*` is every entry. A path may also begin with `$`, as in
JSONPath, and a key may stand in single quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

# A key, the place of an entry in a list, or None for every entry.
Step = str | int | None

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = r"""\[(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\]"""
_EVERY = r"\[\*?\]"
_STEP = re.compile(
    rf"(?P<every>{_EVERY}|\.\*)|\[(?P<index>0|[1-9][0-9]*)\]|{_QUOTED}|\.(?P<name>{_PLAIN.pattern})", re.DOTALL
)
_ROOT = re.compile(r"\$(?:\.|(?=\[))")
# What is no literal text in a path under `accepted:`, besides `*` and `?`; and what `[*]` stands for there.
_WRITTEN_OTHERWISE = re.compile(rf"{_QUOTED}|(?P<every>{_EVERY})", re.DOTALL)
_ENTRY: Final = r'\[(?:"(?:[^"\\]|\\.)*"|[^"\]]*)\]'


class PathError(ValueError):
    """A text is no path: it is understood up to `column`."""

    def __init__(self, text: str, column: int) -> None:
        super().__init__(f"{text!r} is not understood from column {column} on")
        self.column = column


def step(path: str, key: object) -> str:
    """The path of what stands under that key of a map, or at that place of a list."""
    if not isinstance(key, str):
        return f"{path}[{key}]"
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}" if path else key
    # What cannot be seen could not be copied either.
    return f"{path}[{json.dumps(key, ensure_ascii=not key.isprintable())}]"


def join(path: str, keys: Iterable[object]) -> str:
    """The path of what stands below, one key after the other."""
    for key in keys:
        path = step(path, key)
    return path


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Step, ...]:
    """The steps of a path; the empty one has none.

    Raises:
        PathError: it is no path, or one that searches.
    """
    steps: list[Step] = []
    place = 1 if text.startswith("$") else 0
    first = _PLAIN.match(text)  # the only key without a dot before it
    if first:
        steps.append(first[0])
        place = first.end()
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None or text[: place + 1] == ".":
            raise PathError(text, place + 1)
        steps.append(_of_match(found))
        place = found.end()
    return tuple(steps)


def _of_match(found: re.Match[str]) -> Step:
    if found["every"]:
        return None
    if found["index"]:
        return int(found["index"])
    return found["name"] or _key(found)


def _key(found: re.Match[str]) -> str:
    """The key that stands in quotes."""
    if found["double"] is not None:
        try:
            return str(json.loads(f'"{found["double"]}"', strict=False))
        except ValueError:
            return re.sub(r"\\(.)", r"\1", found["double"])
    return re.sub(r"\\(.)", r"\1", found["single"])


@lru_cache(maxsize=256)
def matcher(pattern: str) -> re.Pattern[str]:
    """What tells the paths that a pattern means: outside quotes `*` is any text, `?` any character, `[*]` any entry.

    Everything else is what it says, so a path that was printed means itself alone.
    """
    root = _ROOT.match(pattern)
    parts, place = [r"(?:\$\.?)?"] if root else [], root.end() if root else 0
    start = place
    while place < len(pattern):
        found = _WRITTEN_OTHERWISE.match(pattern, place)
        if found is None:
            parts.append({"*": ".*", "?": "."}.get(pattern[place], re.escape(pattern[place])))
        elif found["every"]:
            parts.append(_ENTRY)
        else:
            parts.append(re.escape(step("", _key(found)) if place == start else step("x", _key(found))[1:]))
        place = found.end() if found else place + 1
    return re.compile("".join(parts), re.DOTALL)


def nearest(path: str, part: object, keys: Iterable[str]) -> str:
    """The path of what stands below, as far as it is there."""
    for key in keys:
        if not isinstance(part, dict) or key not in part:
            break
        path, part = step(path, key), part[key]
    return path


def put(document: dict[Any, Any], path: str, value: object) -> None:
    """Set the value under keys like `spec.template`, and make the maps above it."""
    *above, last = parse(path)
    for key in above:
        document = document.setdefault(key, {})
    document[last] = value


def resolve(document: object, path: str) -> Any:  # noqa: ANN401 - a parsed document is Any
    """What stands at that path.

    Raises:
        KeyError: nothing does.
    """
    part, rest = document, path
    while rest:
        found = [(written, value) for written, value in _written(part, root=rest == path) if _starts(rest, written)]
        if not found:
            raise KeyError(path)
        written, part = max(found, key=lambda each: len(each[0]))
        rest = rest[len(written) :]
    return part


def has(document: object, path: str) -> bool:
    """Whether there is something at that path."""
    try:
        resolve(document, path)
    except KeyError:
        return False
    return True


def places(document: object, pattern: str, where: Mapping[str, object] | None = None) -> Iterator[tuple[str, Any]]:
    """Every place that a pattern like `spec.triggers[*].metadata` means, with its path; the empty one means all.

    With `where` only those in what the pattern's last `[*]` stands for that have these values under these keys. Without
    one in the pattern the document must have them.

    Raises:
        PathError: the pattern is no path.
    """
    steps = parse(pattern)
    entries = max((number for number, each in enumerate(steps, start=1) if each is None), default=0)
    for path, entry in _places([("", document)], steps[:entries]):
        if not where or all(isinstance(entry, dict) and _is_value(entry.get(key), where[key]) for key in where):
            yield from _places([(path, entry)], steps[entries:])


def _is_value(value: object, wanted: object) -> bool:
    # For Python 1 and True are equal.
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _places(found: list[tuple[str, Any]], steps: Sequence[Step]) -> list[tuple[str, Any]]:
    for each in steps:
        found = [
            (step(path, key), value)
            for path, part in found
            for key, value in _entries(part)
            if each is None or (key == each and isinstance(key, str) == isinstance(each, str))
        ]
    return found


def _entries(part: object) -> Iterable[tuple[object, Any]]:
    return part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()


def _written(part: object, *, root: bool) -> Iterator[tuple[str, Any]]:
    for key, value in _entries(part):
        yield (step("", key) if root else step("x", key)[1:]), value


def _starts(path: str, written: str) -> bool:
    return path.startswith(written) and path[len(written) : len(written) + 1] in ("", ".", "[")
