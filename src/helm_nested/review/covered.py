"""Coverage as the page shows it: figures for each template, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helm_nested.report.coverage_json import BranchRecord, CoverageRecord, StaleRecord


@dataclass(frozen=True)
class CoveredTemplate:
    """One template: how many branches it has, how many are reached, and the others."""

    template: str
    branches: int
    reached: int
    still_open: list[BranchRecord]
    reasoned: list[BranchRecord]
    stale: list[StaleRecord]


@dataclass(frozen=True)
class Covered:
    """One measurement; templates without a branch are left out."""

    templates: list[CoveredTemplate]
    engine: str
    inputs: int

    @property
    def branches(self) -> int:
        """How many branches there are."""
        return sum(each.branches for each in self.templates)

    @property
    def reached(self) -> int:
        """How many of them any input reached."""
        return sum(each.reached for each in self.templates)

    @property
    def reasoned(self) -> int:
        """How many nothing reached, for a reason that the template gives."""
        return sum(len(each.reasoned) for each in self.templates)

    @property
    def still_open(self) -> int:
        """How many nothing reached, and nobody said why."""
        return sum(len(each.still_open) for each in self.templates)

    @property
    def stale(self) -> int:
        """How many reasons hold no longer."""
        return sum(len(each.stale) for each in self.templates)


def covered(record: CoverageRecord) -> Covered:
    """What the page shows of that measurement."""
    templates = []
    for template in record["templates"]:
        branches = template["branches"]
        unreached = [each for each in branches if each["reachedBy"] is None]
        if branches or template["stale"]:
            templates.append(
                CoveredTemplate(
                    template["template"],
                    len(branches),
                    len(branches) - len(unreached),
                    [each for each in unreached if each["reason"] is None],
                    [each for each in unreached if each["reason"] is not None],
                    template["stale"],
                )
            )
    return Covered(templates, record["engine"], record["inputs"])
