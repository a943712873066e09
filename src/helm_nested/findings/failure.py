"""What one check said of one distinct text, and which texts it said it of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from helm_nested.checks.model import Problem
from helm_nested.corpus import Corpus

# So many different messages of one check at one kind of place are one failure with many values, not many failures.
_MANY = 4
_VALUE = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|\Z)|\[\d+\]")


@dataclass(frozen=True)
class Place:
    """A distinct text: the slot it stands in and its id there, and the argument set it was filled with, if it was."""

    slot: str
    identity: int
    argument_set: str | None = None


@dataclass(frozen=True)
class Failure:
    """One problem in one place."""

    check: str
    problem: Problem
    place: Place


@dataclass
class FailureGroup:
    """Failures that are one and the same: one check, one problem, wherever it shows itself."""

    checks: list[str]
    problem: Problem
    places: list[Place] = field(default_factory=list)

    @property
    def slots(self) -> list[str]:
        """The keys and manifests it shows itself in."""
        return sorted({place.slot for place in self.places})

    @property
    def argument_sets(self) -> list[str]:
        """The argument sets it shows itself with."""
        return sorted({place.argument_set for place in self.places if place.argument_set})

    def failing(self, corpus: Corpus) -> int:
        """The combinations that lead to one of its places, as a bit set: bit n is combination n."""
        wanted: dict[str, set[int]] = {}
        for place in self.places:
            wanted.setdefault(place.slot, set()).add(place.identity)
        bits = bytearray(len(corpus.combinations) // 8 + 1)
        for name, ids in wanted.items():
            slot = corpus.manifests.get(name) or corpus.templates.get(name)
            numbers: Iterable[int] = slot.combinations(ids) if slot else ids
            for number in numbers:
                bits[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(bits, "little")


def group(failures: Sequence[Failure]) -> list[FailureGroup]:
    """The failures, each group once, in the order in which they were first seen."""
    exact: dict[tuple[str, str, str], FailureGroup] = {}
    for failure in failures:
        key = (failure.check, _INDEX.sub("*", failure.problem.path), failure.problem.message)
        if key not in exact:
            exact[key] = FailureGroup([failure.check], failure.problem)
        exact[key].places.append(failure.place)
    alike: dict[tuple[str, str, str], list[FailureGroup]] = {}
    for (check, path, message), each in exact.items():
        alike.setdefault((check, path, _VALUE.sub("*", message)), []).append(each)
    groups: list[FailureGroup] = []
    for found in alike.values():
        if len(found) <= _MANY:
            groups.extend(found)
            continue
        for other in found[1:]:
            found[0].places.extend(other.places)
        groups.append(found[0])
    return groups


def merge_alike(groups: Sequence[FailureGroup], corpus: Corpus) -> list[tuple[FailureGroup, int]]:
    """Groups with their failing combinations; what several checks see in the same combinations and place is one."""
    merged: dict[tuple[int, str, tuple[str, ...]], FailureGroup] = {}
    failing: dict[tuple[int, str, tuple[str, ...]], int] = {}
    for each, bits in _across_argument_sets(groups, corpus):
        key = (bits, _INDEX.sub("*", each.problem.path), tuple(each.slots))
        if key in merged and each.checks[0] not in merged[key].checks:
            merged[key].checks += each.checks
            continue
        while key in merged:  # the same check, twice in one place: two findings
            key = (bits, f"{key[1]} ", key[2])
        merged[key], failing[key] = each, bits
    return [(each, failing[key]) for key, each in merged.items()]


def _across_argument_sets(groups: Sequence[FailureGroup], corpus: Corpus) -> list[tuple[FailureGroup, int]]:
    """Groups that differ only in an argument, as their messages name it, made one.

    With the same argument set in both they are two defects: then the messages differ in something else.
    """
    kept: dict[tuple[str, str, str, int], list[FailureGroup]] = {}
    found: list[tuple[FailureGroup, int]] = []
    for each in groups:
        bits = each.failing(corpus)
        key = (each.checks[0], _INDEX.sub("*", each.problem.path), _VALUE.sub("*", each.problem.message), bits)
        for other in kept.setdefault(key, []):
            if set(other.argument_sets).isdisjoint(each.argument_sets):
                other.places += each.places
                break
        else:
            kept[key].append(each)
            found.append((each, bits))
    return found
