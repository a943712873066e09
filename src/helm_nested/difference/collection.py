"""Edits of many documents collected: the same edit is one, with where it stands and which combinations lead to it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from helm_nested.difference.edit import Edit, Path
from helm_nested.difference.pairing import label
from nested_templates.yaml_documents import Document

Stage = Literal["filled", "installed"]

# So many different values at one path are one change with many values, not many changes.
_MANY = 4


@dataclass(frozen=True, order=True)
class Where:
    """A kind of document, and what it comes from: the key of a service template, or one of the chart's templates.

    Names of objects may follow from the choices, so they do not tell one thing from another.
    """

    stage: Stage
    kind: str
    name: str


@dataclass(frozen=True)
class Example:
    """One place where a change shows itself: both documents, or both texts, and how one gets there.

    `position` is that of its combination among those that were compared.
    """

    before: Document | str | None
    after: Document | str | None
    position: int
    argument_set: str | None = None

    @property
    def object(self) -> str:
        """The object's kind and name; empty where it is a text."""
        return label(self.after) if isinstance(self.after, dict) else ""


@dataclass
class _Variant:
    """One edit, and for each place the combinations as a bit set and an example of each object."""

    edit: Edit | None
    places: dict[Where, tuple[int, list[Example]]] = field(default_factory=dict)
    various: bool = False

    def add(self, where: Where, bits: int, examples: Sequence[Example]) -> None:
        known, shown = self.places.get(where, (0, []))
        names = {each.object for each in shown}
        shown += [each for each in examples if each.object not in names][: _MANY - len(shown)]
        self.places[where] = (known | bits, shown)


@dataclass(frozen=True)
class Entry:
    """Edits that stand in the same places in the same combinations; none means that only the text is another.

    At the paths in `various` there are more values than those of the edits.
    """

    edits: tuple[Edit, ...]
    various: frozenset[Path]
    places: tuple[Where, ...]
    bits: int
    example: Example
    # For each place those of all edits: what is rejected in one object may be accepted in another.
    examples: tuple[tuple[Example, ...], ...] = ()

    def at(self, numbers: Sequence[int]) -> Entry:
        """The same in these of its places."""
        places = [self.places[number] for number in numbers]
        examples = tuple(self.examples[number] for number in numbers)
        telling = _telling(places)
        example = self.example if telling == _telling(self.places) else examples[places.index(telling)][0]
        return replace(self, places=tuple(places), examples=examples, example=example)


class Collection:
    """Everything noted so far."""

    def __init__(self) -> None:
        self._variants: dict[Hashable, dict[Hashable, _Variant]] = {}
        self._full: set[Hashable] = set()

    def note(self, where: Where, edit: Edit | None, bits: int, example: Example) -> None:
        """One edit of one document in one place, in these combinations; None: only its text is another."""
        # A document that came or went is a change of its own.
        key: Hashable = where if edit is None else (edit.path, edit.status, None if edit.path else where)
        values: Hashable = None if edit is None else _values(edit)
        variants = self._variants.setdefault((edit is None, key), {})
        if (edit is None, key) in self._full:
            values = next(iter(variants))
        elif values not in variants and len(variants) == _MANY:
            self._full.add((edit is None, key))
            values, *others = variants
            variants[values].various = True
            for other in others:
                for place, (known, shown) in variants.pop(other).places.items():
                    variants[values].add(place, known, shown)
        if values not in variants:
            variants[values] = _Variant(edit)
        variants[values].add(where, bits, [example])

    def entries(self) -> list[Entry]:
        """What was noted, each once, in the order in which it was first seen."""
        found: dict[tuple[str | None, tuple[Where, ...], int], list[tuple[_Variant, Example]]] = {}
        shown: dict[tuple[str | None, tuple[Where, ...], int], list[list[Example]]] = {}
        for variant in (each for variants in self._variants.values() for each in variants.values()):
            for places, bits, example in _alike(variant):
                # A whole document is not a part of one.
                kind = None if variant.edit is None else variant.edit.status if not variant.edit.path else "part"
                found.setdefault((kind, places, bits), []).append((variant, example))
                by_place = shown.setdefault((kind, places, bits), [[] for _ in places])
                for examples, place in zip(by_place, places, strict=True):
                    examples += variant.places[place][1]
        return [
            Entry(
                tuple(variant.edit for variant, _ in noted if variant.edit is not None),
                frozenset(variant.edit.path for variant, _ in noted if variant.edit is not None and variant.various),
                places,
                bits,
                noted[0][1],
                tuple(map(tuple, shown[kind, places, bits])),
            )
            for (kind, places, bits), noted in found.items()
        ]


def _values(edit: Edit) -> Hashable:
    """What tells this edit from others at its path; of whole documents their names."""
    if edit.path:
        return repr(edit.before), repr(edit.after)
    return tuple(label(each) if isinstance(each, dict) else "" for each in (edit.before, edit.after))


def _alike(variant: _Variant) -> Iterator[tuple[tuple[Where, ...], int, Example]]:
    """The places of one edit, those with the same combinations together."""
    by_bits: dict[int, list[Where]] = {}
    for where, (bits, _) in variant.places.items():
        by_bits.setdefault(bits, []).append(where)
    for bits, places in by_bits.items():
        first = _telling(places)
        yield tuple(sorted(places)), bits, variant.places[first][1][0]


def _telling(places: Sequence[Where]) -> Where:
    """The place whose example is shown: what endpoints get before what is installed, pods before the rest."""
    return min(places, key=lambda each: (each.stage != "filled", each.kind not in RESTARTING, each))


# Kinds whose controllers make new pods when their pod template changes.
RESTARTING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def restarts(kind: str, edit: Edit) -> bool:
    """Whether this edit of a document of that kind replaces running pods."""
    if kind not in RESTARTING or not edit.path:
        return False
    # Under another name it is another object, whose pods are new.
    if edit.path in {("metadata", "name"), ("metadata", "namespace")}:
        return True
    return edit.path[:2] == ("spec", "template") or edit.path == ("spec",)
