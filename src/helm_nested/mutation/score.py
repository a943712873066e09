"""What all results come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.reasons import Reason
from helm_nested.mutation.result import Result

_PERCENT = 100.0
# So many tests are named.
_SHOWN = 5
_SAY = "Write one, or name the test under mutation.ignore."


@dataclass(frozen=True)
class Verdict:
    """A mutant, what became of it, and why it changes nothing if somebody says so."""

    mutant: Mutant
    result: Result
    reason: str | None

    @property
    def kind(self) -> str:
        """Its class in the figures."""
        if self.result.killer is not None:
            return self.result.killer.kind
        if self.result.status in ("invalid", "not judged"):
            return self.result.status
        if self.result.effects:
            return "survived"
        return "survived, changes nothing" if self.reason is None else "the same, with a reason"


@dataclass(frozen=True)
class Score:
    """All verdicts, by template and line, and what has none.

    Attributes:
        left_out: how many lines have no mutant, by why.
        excluded: templates that were not changed, with the reason.
        stale: reasons that are not true any more, and why.
        silent: tests that were not run, as they do not say what they promise.
    """

    verdicts: Sequence[Verdict]
    left_out: Mapping[str, int]
    excluded: Mapping[str, str]
    stale: Sequence[tuple[Reason, str]]
    silent: Sequence[str] = ()

    @cached_property
    def figures(self) -> Counter[str]:
        """How many mutants of each class."""
        return Counter(each.kind for each in self.verdicts)

    @property
    def killed(self) -> int:
        """How many are killed."""
        return sum(each.result.status == "killed" for each in self.verdicts)

    @property
    def survivors(self) -> list[Verdict]:
        """Those that live, and nobody says why."""
        return [each for each in self.verdicts if each.result.status == "survived" and each.reason is None]

    @property
    def not_judged(self) -> list[Verdict]:
        """Those of which nothing is known."""
        return [each for each in self.verdicts if each.result.status == "not judged"]

    @property
    def percent(self) -> float:
        """Killed of those that count, which are killed or survivors without a reason; 100 if there are none."""
        counted = self.killed + len(self.survivors)
        return _PERCENT * self.killed / counted if counted else _PERCENT

    def by_template(self) -> dict[str, Counter[str]]:
        """The figures of each template."""
        found: dict[str, Counter[str]] = {}
        for each in self.verdicts:
            found.setdefault(each.mutant.template, Counter())[each.kind] += 1
        return found

    def killers(self) -> list[tuple[str, str, int]]:
        """Each killer's name and promise, and how many it killed, the deadliest first."""
        count: Counter[tuple[str, str]] = Counter(
            (each.result.killer.name, each.result.killer.promise) for each in self.verdicts if each.result.killer
        )
        return [(name, promise, number) for (name, promise), number in count.most_common()]

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "percent": round(self.percent, 2),
            "figures": dict(self.figures),
            "leftOut": dict(self.left_out),
            "excluded": dict(self.excluded),
            "stale": [{"reason": str(reason), "why": why} for reason, why in self.stale],
            "silent": list(self.silent),
            "mutants": [
                {
                    "template": each.mutant.template,
                    "line": each.mutant.line,
                    "change": each.mutant.change,
                    "source": each.mutant.source,
                    "kind": each.kind,
                    "reason": each.reason,
                    **each.result.to_json(),
                }
                for each in self.verdicts
            ],
        }

    def text(self) -> str:
        """The survivors, one a line, and the figures."""
        lines = []
        for each in self.survivors:
            what = "" if each.result.effects else "  (changes nothing that is rendered)"
            lines.append(f"{each.mutant.where}: {each.mutant.change}: {each.mutant.source}{what}")
        lines += [
            f"{each.mutant.where}: {each.mutant.change}: {each.mutant.source}  (not judged: {each.result.said})"
            for each in self.not_judged
        ]
        lines += [f"stale reason: {reason}: {why}. Remove it." for reason, why in self.stale]
        lines += [f"not changed: {template}: {reason}" for template, reason in self.excluded.items()]
        more = f" and {len(self.silent) - _SHOWN} more" if len(self.silent) > _SHOWN else ""
        if self.silent:
            lines.append(
                f"not run, as no docstring says what it promises: {', '.join(self.silent[:_SHOWN])}{more}. {_SAY}"
            )
        figures = ", ".join(f"{kind} {number}" for kind, number in sorted(self.figures.items()))
        without = ", ".join(f"{why} {number}" for why, number in sorted(self.left_out.items()))
        lines.append(f"{len(self.verdicts)} mutants: {figures}. Lines without one: {without or 'none'}.")
        lines.append(f"{self.percent:.1f} % killed.")
        return "\n".join(lines)
