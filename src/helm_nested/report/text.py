"""An outcome for people at a terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

from helm_nested.check_outcome import Outcome
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.findings.finding import Finding

_BREAK = "\n"
_BELOW = " " * len("   what: ")


def finding_text(number: int, finding: Finding, values_file: Path | None) -> str:
    """One finding: what, when, where, how often, and how to see it again."""
    when = "\n         or ".join(finding.when) or "(no conjunction of up to three choices explains it)"
    certainty = {
        True: "  (confirmed by additional renders)",
        False: "  (unconfirmed: fits this sample, may name too many choices; --strength all is exact)",
        None: "",
    }[finding.confirmed]
    lines = [
        f"{number}. {', '.join(finding.checks)}: {finding.rule}",
        f"   what: {_told(finding).replace(_BREAK, _BREAK + _BELOW)}",
    ]
    lines.append(f"   when: {when}{certainty}")
    if finding.unexplained:
        lines.append(f"         and in {finding.unexplained} combinations besides that these do not explain")
    if finding.keys:
        lines.append(f"   in:   {', '.join(finding.keys)}")
    lines.append(f"   at:   {finding.path or 'the whole text'}")
    if finding.argument_sets:
        lines.append(f"   with: {', '.join(finding.argument_sets)}")
    lines += [f"   {line}" for line in finding.excerpt.splitlines()]
    if finding.is_of_file:
        return "\n".join([*lines, "   Helm installs this file as it is, whatever the values."])
    plural = "" if finding.combinations == 1 else "s"
    lines.append(f"   {finding.combinations:,} combination{plural}. See it again:")
    if values_file is None:
        values_file = Path("values.yaml")
        lines.append(f"     with a file {values_file} that holds {json.dumps(finding.values)}")
    lines.append("     " + reproduction(finding, values_file))
    return "\n".join(lines)


def _told(finding: Finding) -> str:
    """The problem and what to do; behind a text of several lines, such as YAML to set, on a line of its own."""
    if not finding.advice:
        return finding.message
    if _BREAK in finding.message:
        return f"{finding.message}{_BREAK}{finding.advice}"
    return f"{_sentence(finding.message)} {finding.advice}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def reproduction(finding: Finding, values_file: Path) -> str:
    """The command that renders what the finding is about."""
    words = ["helm-nested", "render", "-f", str(values_file), *_release_options(finding.release)]
    return shlex.join([*words, "--out", str(values_file.with_suffix(""))])


def _release_options(release: ReleaseMap) -> Iterator[str]:
    for key, option in (("name", "--release"), ("namespace", "--namespace"), ("kubeVersion", "--kube-version")):
        if key in release:
            yield from (option, release[key])
    if "apiVersions" in release:
        for version in release["apiVersions"] or [""]:
            yield from ("--api-versions", version)
    if "isUpgrade" in release:
        yield "--is-upgrade" if release["isUpgrade"] else "--no-is-upgrade"


def summary(outcome: Outcome) -> str:
    """One line with the figures."""
    judged = f". Kubernetes' own validation: {outcome.kubernetes_validation}" if outcome.kubernetes_validation else ""
    proof = f". Of the combinations {outcome.proof}" if outcome.proof else ""
    return (
        f"{outcome.combinations:,} combinations, {outcome.refused:,} inputs refused, "
        f"{outcome.distinct_templates:,} distinct templates, {outcome.distinct_documents:,} documents, "
        f"{outcome.distinct_bundles:,} distinct bundles: {len(outcome.findings)} findings. "
        f"{outcome.seconds:.1f} s, {outcome.seconds_rendering:.1f} s of it rendering, {outcome.at_once} at once, "
        f"{outcome.engine}{proof}{judged}"
    )
