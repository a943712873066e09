"""Failures that are one and the same mistake, made one group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from helm_nested.corpus import Corpus
from helm_nested.findings.failure import Failure, FailureGroup, but_for_values, wherever
from helm_nested.findings.tried import Tried

# So many different messages of one check at one kind of place may be one failure with many values, not many failures.
_MANY = 4
# So many of the other messages are shown beside the first.
_SHOWN = 5
# Beyond so many nobody looks which of them show themselves together.
_UNCOUNTED = 100


@dataclass(frozen=True)
class Failing:
    """A group with the combinations in which it fails, and those of which nobody knows, as bit sets."""

    group: FailureGroup
    failing: int
    untried: int


def group(failures: Sequence[Failure], corpus: Corpus) -> list[FailureGroup]:
    """The failures, each group once, in the order in which they were first seen."""
    exact: dict[tuple[str, str, str], FailureGroup] = {}
    for failure in failures:
        key = (failure.check, wherever(failure.problem.path), failure.problem.message)
        if key not in exact:
            exact[key] = FailureGroup([failure.check], failure.problem)
        exact[key].places.append(failure.place)
    alike: dict[tuple[str, str, str], list[FailureGroup]] = {}
    for (check, path, message), each in exact.items():
        alike.setdefault((check, path, but_for_values(message)), []).append(each)
    groups: list[FailureGroup] = []
    for found in alike.values():
        for one in [found] if len(found) <= _MANY else _apart(found, corpus):
            groups.extend(one if len(one) <= _MANY else [_as_one(one, found)])
    return groups


@dataclass
class _Part:
    """Groups that show themselves always together or never, and in which combinations, by argument set."""

    members: list[FailureGroup] = field(default_factory=list)
    own: list[dict[str | None, int]] = field(default_factory=list)
    all: dict[str | None, int] = field(default_factory=dict)

    def takes(self, bits: dict[str | None, int]) -> bool:
        """Whether a group with these combinations is one of them."""
        return bits in self.own or not any(own & self.all.get(name, 0) for name, own in bits.items())

    def add(self, group: FailureGroup, bits: dict[str | None, int]) -> None:
        """Take it in."""
        self.members.append(group)
        self.own.append(bits)
        for name, own in bits.items():
            self.all[name] = self.all.get(name, 0) | own


def _apart(found: Sequence[FailureGroup], corpus: Corpus) -> list[list[FailureGroup]]:
    """Groups that may be one failure with many values: they show themselves always together, or never.

    Two that do so in some combinations, and one of them alone in others, are two failures.
    """
    if len(found) > _UNCOUNTED:
        return [list(found)]
    parts: list[_Part] = []
    for each in found:
        bits = each.failing_with(corpus)
        part = next((part for part in parts if part.takes(bits)), None)
        if part is None:
            parts.append(part := _Part())
        part.add(each, bits)
    return [part.members for part in parts]


def _as_one(members: Sequence[FailureGroup], found: Sequence[FailureGroup]) -> FailureGroup:
    """One group of these; the others that were found are none of it."""
    first, *rest = members
    left = f" And {len(rest) - _SHOWN} more." if len(rest) > _SHOWN else ""
    say = f"Alike: {' '.join(each.problem.message for each in rest[:_SHOWN])}{left}"
    return FailureGroup(
        first.checks,
        replace(first.problem, advice=f"{first.problem.advice} {say}".strip()),
        [place for each in members for place in each.places],
        various=True,
        others=frozenset(each.problem.message for each in found).difference(each.problem.message for each in members),
    )


def merge_alike(groups: Sequence[FailureGroup], corpus: Corpus, tried: Tried) -> list[Failing]:
    """Groups with their failing combinations; what several checks see in the same combinations and place is one.

    In another document, or in another entry of a list, it is something else.
    """
    merged: dict[tuple[int, str, tuple[str, ...], frozenset[int | None]], Failing] = {}
    for each in _across_argument_sets(groups, corpus, tried):
        checks = each.group.checks
        key = (each.failing, each.group.problem.path, tuple(each.group.slots), each.group.documents)
        if key in merged and checks[0] not in merged[key].group.checks:
            merged[key].group.checks += checks
            continue
        while key in merged:  # the same check, twice in one place: two findings
            key = (each.failing, f"{key[1]} ", key[2], key[3])
        merged[key] = each
    return list(merged.values())


def _across_argument_sets(groups: Sequence[FailureGroup], corpus: Corpus, tried: Tried) -> list[Failing]:
    """Groups that differ only in an argument, as their messages name it, made one.

    With the same argument set in both they are two defects: then the messages differ in something else.
    """
    # Numbers in `found`, as a group that grows is put in the place of what it was.
    alike: dict[tuple[str, str, str], list[int]] = {}
    found: list[Failing] = []
    for each in groups:
        one = Failing(each, each.failing(corpus), tried.untried(each))
        numbers = alike.setdefault(
            (each.checks[0], wherever(each.problem.path), but_for_values(each.problem.message)), []
        )
        for number in numbers:
            other = found[number]
            if _differ_in_an_argument(one, other):
                other.group.places += each.places
                found[number] = Failing(other.group, other.failing | one.failing, other.untried & one.untried)
                break
        else:
            numbers.append(len(found))
            found.append(one)
    return found


def _differ_in_an_argument(one: Failing, other: Failing) -> bool:
    """Whether both fail in the same combinations, as far as both were tried, each with argument sets of its own."""
    # Without an argument set the messages cannot differ in an argument: these are two problems.
    own, others = one.group.argument_sets, other.group.argument_sets
    if not own or not others or not set(own).isdisjoint(others):
        return False
    return not (one.failing ^ other.failing) & ~(one.untried | other.untried)
