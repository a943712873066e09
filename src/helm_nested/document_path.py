"""Paths in documents as people write them: `spec.containers[0].env`, `metadata.labels["example.com/team"]`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


def step(path: str, key: object) -> str:
    """The path of what stands under that key of a map, or at that place of a list."""
    if not isinstance(key, str):
        return f"{path}[{key}]"
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def join(path: str, keys: Iterable[object]) -> str:
    """The path of what stands below, one key after the other."""
    for key in keys:
        path = step(path, key)
    return path


def nearest(path: str, part: object, keys: Iterable[str]) -> str:
    """The path of what stands below, as far as it is there."""
    for key in keys:
        if not isinstance(part, dict) or key not in part:
            break
        path, part = step(path, key), part[key]
    return path


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Set the value under plain keys like `spec.template`, and make the maps above it."""
    *above, last = path.split(".")
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
    """Every place that a pattern like `spec.triggers[].metadata` means, with its path; the empty one means all.

    With `where` only those in entries of the pattern's last list that have these values under these keys. Without a
    list in the pattern the document must have them.
    """
    entries, _, rest = pattern.rpartition("[]")
    for path, entry in _places(document, f"{entries}[]" if entries else ""):
        if not where or all(isinstance(entry, dict) and _is_value(entry.get(key), where[key]) for key in where):
            yield from ((path + place, value) for place, value in _below(entry, rest, path))


def _is_value(value: object, wanted: object) -> bool:
    # For Python 1 and True are equal.
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _below(entry: object, rest: str, path: str) -> Iterator[tuple[str, Any]]:
    for place, value in _places(entry, rest.removeprefix(".")):
        yield (f".{place}" if path and place and not place.startswith("[") else place), value


def _places(document: object, pattern: str) -> Iterator[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [("", document)]
    for key in pattern.split(".") if pattern else ():
        name = key.removesuffix("[]")
        found = [(step(path, name), part[name]) for path, part in found if isinstance(part, dict) and name in part]
        if name != key:
            found = [
                (step(path, number), each)
                for path, part in found
                if isinstance(part, list)
                for number, each in enumerate(part)
            ]
    yield from found


def _written(part: object, *, root: bool) -> Iterator[tuple[str, Any]]:
    entries = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in entries:
        yield (step("", key) if root else step("x", key)[1:]), value


def _starts(path: str, written: str) -> bool:
    return path.startswith(written) and path[len(written) : len(written) + 1] in ("", ".", "[")
