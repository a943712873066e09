"""What a run of the checks leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helm_nested.findings.finding import Finding


@dataclass(frozen=True)
class Outcome:
    """The findings of a run, and its figures."""

    combinations: int
    refused: int
    rendered: int
    distinct_templates: int
    distinct_documents: int
    distinct_bundles: int
    findings: tuple[Finding, ...]
    seconds: float
    seconds_rendering: float
    # How many combinations were rendered at the same time.
    at_once: int
    engine: str
    # Whose code judged the objects, or why none did.
    kubernetes_validation: str = ""
    # What was looked at: the strength, which part of how many, and a digest of chart, matrix and tool.
    strength: str = ""
    shard: int = 1
    shards: int = 1
    digest: str = ""
    # What is known of the combinations that were not rendered.
    proof: str = ""
    # The selectors and key patterns that chose nothing in this part, with what to say if no other part chose by them.
    unselected: Mapping[str, str] = field(default_factory=dict)
    # Of a part: findings that stand unless another part settles them, and what this part settles.
    unsettled: tuple[Finding, ...] = ()
    settled: tuple[str, ...] = ()
