"""What one document has that another has not: edits, each a path with the value before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from nested_templates.document_path import step

# Entries of lists of maps are known by these: containers, env and volumes by name, mounts by where they are mounted.
_FIELDS = ("name", "mountPath")


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


@dataclass(frozen=True)
class Index:
    """The entry of a list at that position."""

    position: int


@dataclass(frozen=True)
class Named:
    """The entry of a list of maps whose `field` has that value."""

    field: str
    value: str


@dataclass(frozen=True)
class Order:
    """The order of a list's entries, which are known by that field."""

    field: str


# A step is one of the above, or else the key of a map.
Path = tuple[Any, ...]
Status = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Edit:
    """One difference; MISSING stands for a value that is not there. Added and removed parts are whole."""

    path: Path
    before: Any
    after: Any

    @property
    def status(self) -> Status:
        """Whether something was added, removed or changed."""
        return "added" if self.before is MISSING else "removed" if self.after is MISSING else "changed"


def written(path: Path) -> str:
    """The path as everywhere, but with an entry's name where it has one: `spec.containers[main].env[A].value`."""
    text = ""
    for key in path:
        match key:
            case Index(position):
                text += f"[{position}]"
            case Named(_, value):
                text += f"[{value}]"
            case Order():
                text += " (order)"
            case _:
                text = step(text, key)
    return text


def edits(before: Any, after: Any, path: Path = ()) -> Iterator[Edit]:  # noqa: ANN401 - any YAML
    """The differences between two parsed documents; none if and only if they say the same.

    The order of a map's keys says nothing; true, 1 and 1.0 are three values; a list of scalars is one value.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_maps(before, after, path)
    elif _is_walked(before) and _is_walked(after):
        field = _field(before, after)
        if field is None:
            yield from _in_lists(before, after, path)
        else:
            yield from _in_named_lists(before, after, field, path)
    elif not _same(before, after):
        yield Edit(path, before, after)


def mixed(before: Any, after: Any, chosen: Collection[Path], path: Path = ()) -> Any:  # noqa: ANN401 - any YAML
    """`before` with those differences to `after` that have one of these paths."""
    if isinstance(before, dict) and isinstance(after, dict):
        olds, news = _typed(before), _typed(after)
        found = {}
        for key, (name, old) in olds.items():
            if key in news:
                found[name] = mixed(old, news[key][1], chosen, (*path, name))
            elif (*path, name) not in chosen:
                found[name] = old
        found |= {name: new for key, (name, new) in news.items() if key not in olds and (*path, name) in chosen}
        return found
    if _is_walked(before) and _is_walked(after):
        field = _field(before, after)
        if field is None:
            return _mixed_lists(before, after, chosen, path)
        return _mixed_named_lists(before, after, field, chosen, path)
    return after if path in chosen else before


def _in_maps(before: Mapping[Any, Any], after: Mapping[Any, Any], path: Path) -> Iterator[Edit]:
    olds, news = _typed(before), _typed(after)
    for key, (name, old) in olds.items():
        if key in news:
            yield from edits(old, news[key][1], (*path, name))
        else:
            yield Edit((*path, name), old, MISSING)
    for key, (name, new) in news.items():
        if key not in olds:
            yield Edit((*path, name), MISSING, new)


def _in_lists(before: Sequence[Any], after: Sequence[Any], path: Path) -> Iterator[Edit]:
    shared = min(len(before), len(after))
    for position in range(shared):
        yield from edits(before[position], after[position], (*path, Index(position)))
    for position, old in enumerate(before[shared:], start=shared):
        yield Edit((*path, Index(position)), old, MISSING)
    for position, new in enumerate(after[shared:], start=shared):
        yield Edit((*path, Index(position)), MISSING, new)


def _in_named_lists(before: Sequence[Any], after: Sequence[Any], field: str, path: Path) -> Iterator[Edit]:
    olds, news = ({each[field]: each for each in side} for side in (before, after))
    for name, old in olds.items():
        if name in news:
            yield from edits(old, news[name], (*path, Named(field, name)))
        else:
            yield Edit((*path, Named(field, name)), old, MISSING)
    for name, new in news.items():
        if name not in olds:
            yield Edit((*path, Named(field, name)), MISSING, new)
    earlier, later = [name for name in olds if name in news], [name for name in news if name in olds]
    if earlier != later:
        yield Edit((*path, Order(field)), earlier, later)


def _mixed_lists(before: Sequence[Any], after: Sequence[Any], chosen: Collection[Path], path: Path) -> list[Any]:
    shared = min(len(before), len(after))
    found = [mixed(before[at], after[at], chosen, (*path, Index(at))) for at in range(shared)]
    found += [each for at, each in enumerate(before[shared:], shared) if (*path, Index(at)) not in chosen]
    return found + [each for at, each in enumerate(after[shared:], shared) if (*path, Index(at)) in chosen]


def _mixed_named_lists(
    before: Sequence[Any], after: Sequence[Any], field: str, chosen: Collection[Path], path: Path
) -> list[Any]:
    olds, news = ({each[field]: each for each in side} for side in (before, after))
    order = [name for name in olds if name in news or (*path, Named(field, name)) not in chosen]
    if (*path, Order(field)) in chosen:
        moved = iter([name for name in news if name in olds])
        order = [next(moved) if name in news else name for name in order]
    later = list(news)
    for name in later:
        if name not in olds and (*path, Named(field, name)) in chosen:
            # Behind the nearest entry that stands before it there.
            ahead = [order.index(each) for each in later[: later.index(name)] if each in order]
            order.insert(ahead[-1] + 1 if ahead else 0, name)
    return [
        mixed(olds[name], news[name], chosen, (*path, Named(field, name)))
        if name in olds and name in news
        else (olds[name] if name in olds else news[name])
        for name in order
    ]


def _typed(mapping: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """Keys and values by key; a key that is no text goes with its type, as Python holds 1 and true for one key."""
    return {key if isinstance(key, str) else (type(key), key): (key, value) for key, value in mapping.items()}


def _is_walked(value: object) -> bool:
    """Whether it is a list that is compared entry by entry."""
    return isinstance(value, list) and any(isinstance(each, dict | list) for each in value)


def _field(before: Sequence[Any], after: Sequence[Any]) -> str | None:
    """By what the entries of both lists are known; None: by their position."""
    for field in _FIELDS:
        if all(_are_known_by(field, side) for side in (before, after)):
            return field
    return None


def _are_known_by(field: str, entries: Sequence[Any]) -> bool:
    names = [each.get(field) if isinstance(each, dict) else None for each in entries]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def _same(before: object, after: object) -> bool:
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            next(edits(old, new), None) is None for old, new in zip(before, after, strict=True)
        )
    # repr: what is no number is equal to nothing, not even to itself.
    return type(before) is type(after) and (before == after or repr(before) == repr(after))
