"""An outcome for people at a terminal."""

from __future__ import annotations

from pathlib import Path

from helm_nested.check_run import Outcome
from helm_nested.findings.finding import Finding


def finding_text(number: int, finding: Finding, values_file: Path) -> str:
    """One finding: what, when, where, how often, and how to see it again."""
    when = "\n         or ".join(finding.when) or "(no conjunction of up to three choices explains it)"
    certainty = {
        True: "  (confirmed: it takes these choices and no others)",
        False: "  (not minimal yet: on this sample these choices fit, a few more renders disagree; try --strength all)",
        None: "",
    }[finding.confirmed]
    lines = [f"{number}. {', '.join(finding.checks)}: {finding.rule}", f"   what: {finding.message}"]
    lines.append(f"   when: {when}{certainty}")
    if finding.unexplained:
        lines.append(f"         and in {finding.unexplained} combinations besides that these do not explain")
    if finding.keys:
        lines.append(f"   in:   {', '.join(finding.keys)}")
    lines.append(f"   at:   {finding.path or 'the whole text'}")
    if finding.argument_sets:
        lines.append(f"   with: {', '.join(finding.argument_sets)}")
    lines += [f"   {line}" for line in finding.excerpt.splitlines()]
    lines.append(f"   {finding.combinations:,} combinations. See it again:")
    lines.append(f"     helm-nested render -f {values_file} --out {values_file.with_suffix('')}")
    return "\n".join(lines)


def summary(outcome: Outcome) -> str:
    """One line with the figures."""
    return (
        f"{outcome.combinations:,} combinations, {outcome.refused:,} inputs refused, "
        f"{outcome.distinct_templates:,} distinct templates, {outcome.distinct_documents:,} documents, "
        f"{outcome.distinct_bundles:,} distinct bundles: {len(outcome.findings)} findings. "
        f"{outcome.seconds:.1f} s, {outcome.seconds_rendering:.1f} s of it rendering with {outcome.threads} threads, "
        f"{outcome.engine}"
    )
