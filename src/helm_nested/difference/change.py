"""What a comparison of two versions of a chart says: its changes, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

What = Literal["changed", "added", "removed", "refused", "accepted", "text"]


@dataclass(frozen=True)
class ChangedPath:
    """One path, what stood there and what stands there now, as short texts; empty where there is nothing."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One thing that is not what it was.

    `what`: documents `changed`, `added` or `removed`; combinations `refused` by the head alone, or `accepted` by it
    alone (the base refuses them); or `text`, where the documents are the same. `kinds` and `where` say which documents,
    where being keys of service templates or templates of the chart; `names` are those of documents that came or went;
    `when` the conjunctions of choices, of which each leads to it; `unexplained` combinations they do not explain.
    `confirmed` is None where it need not or cannot be tried. `excerpt` is a unified diff, of the combination
    `example`.
    """

    what: What
    restarts: bool
    kinds: tuple[str, ...]
    where: tuple[str, ...]
    names: tuple[str, ...]
    paths: tuple[ChangedPath, ...]
    when: tuple[str, ...]
    confirmed: bool | None
    combinations: int
    unexplained: int
    message: str
    excerpt: str
    example: str
    # Why Kubernetes rejects it as an update of objects that are there; then nothing restarts.
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two versions compared over the combinations that both accept.

    `texts` counts the distinct texts of the head in these combinations, objects and service templates.
    """

    chart: str
    base: str
    head: str
    strength: str
    combinations: int
    compared: int
    refused_by_both: int
    texts: int
    changes: tuple[Change, ...]
    seconds: float
    engine: str
    # Whose code judged the updates, or why none did.
    kubernetes_validation: str = ""
    # By the name of a version, what is known of its combinations that were not rendered.
    proofs: Mapping[str, str] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether there is more than another text of the same documents."""
        return any(each.what != "text" for each in self.changes)

    @property
    def restarting(self) -> int:
        """How many of the changes replace running pods."""
        return sum(each.restarts for each in self.changes)


def summary(comparison: Comparison) -> str:
    """The outcome in one line."""
    changes = [each for each in comparison.changes if each.what != "text"]
    texts = len(comparison.changes) - len(changes)
    among = f"{_number(comparison.compared, 'combination')} ({_number(comparison.texts, 'distinct text')})"
    if not changes:
        said = f"nothing changed in {among}"
    else:
        said = f"{_number(len(changes), 'change')} in {among}"
        if comparison.restarting:
            verb = "restarts" if comparison.restarting == 1 else "restart"
            said += f", {comparison.restarting:,} of them {verb} pods"
        rejected = sum(bool(change.rejected) for change in changes)
        if rejected:
            said += f", {rejected:,} of them refused by Kubernetes"
    if texts:
        said += f"; {_number(texts, 'change')} of the text alone, the documents are the same"
    if comparison.refused_by_both:
        said += f"; both refuse {_number(comparison.refused_by_both, 'combination')} more"
    if changes and comparison.kubernetes_validation.startswith("not run"):
        said += f". Kubernetes' own validation: {comparison.kubernetes_validation}"
    for name, proof in comparison.proofs.items():
        said += f". Of the combinations with {name} {proof}"
    return said


def mark(change: Change) -> str:
    """What a reviewer must know first: that Kubernetes refuses it, or that pods restart; else empty."""
    if change.rejected:
        return f"REFUSED BY KUBERNETES: {'; '.join(change.rejected)}"
    return "RESTARTS THE PODS" if change.restarts else ""


def place(change: Change) -> str:
    """Where a change is, short: the kinds, and the keys or objects."""
    kinds = ", ".join(each for each in change.kinds if each)
    where = ", ".join(change.where)
    return f"{kinds} in {where}" if kinds else where


def title(change: Change) -> str:
    """What happened, in one line."""
    match change.what:
        case "refused":
            return f"refused: {change.message}"
        case "accepted":
            return f"the base refuses: {change.message}"
        case "text":
            return "text only, the documents are the same"
    if not change.paths:
        return f"{change.what}: {', '.join(change.names) or 'a template without documents'}"
    first = change.paths[0]
    more = f" and {len(change.paths) - 1} more" if len(change.paths) > 1 else ""
    if not first.before:
        return f"{first.path} added: {first.after}{more}"
    if not first.after:
        return f"{first.path} removed: {first.before}{more}"
    return f"{first.path}: {first.before} -> {first.after}{more}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
