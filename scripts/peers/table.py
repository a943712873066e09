"""What was measured as Markdown, and its place in docs/peers.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.peers.peer import Verdict
from scripts.peers.planted import Planted

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


@dataclass
class Result:
    """One peer's figures; `missing` says why there are none."""

    name: str
    version: str = ""
    sees: str = ""
    seconds: float | None = None
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    missing: str = ""


def to_markdown(results: Sequence[Result], planted: Planted, machine: str) -> str:
    """Both tables; the last result is helm-nested's, which the ratios are to."""
    ours = results[-1].seconds
    lines = [
        f"Measured on {machine}.",
        "",
        "| | tool | seconds each | ratio | defects | meaning | false alarms |",
    ]
    lines.append("|---|---|---|---|---|---|---|")
    parts = (planted.defects, planted.meaning, planted.harmless)
    for letter, each in zip("ABCDEFGH", results, strict=False):
        if each.missing:
            lines.append(f"| {letter} | {each.name} | not measured: {each.missing} | | | | |")
            continue
        counts = [f"{sum(each.verdicts[change.name].failed for change in part)} of {len(part)}" for part in parts]
        figure = f"{each.seconds:.3f}" if each.seconds else "not measured"
        ratio = f"{each.seconds / ours:.1f}" if each.seconds and ours else ""
        lines.append(f"| {letter} | {each.name} | {figure} | {ratio} | {' | '.join(counts)} |")
    lines += ["", *(f"- {letter}: {each.version}; sees {each.sees}." for letter, each in _lettered(results))]
    lines += ["", f"| planted | stage | {' | '.join(letter for letter, _ in _lettered(results))} |"]
    lines.append(f"|---|---|{'---|' * len(_lettered(results))}")
    for part, name in zip(parts, ("", "meaning", "harmless"), strict=True):
        for change in part:
            marks = [_mark(each.verdicts, change.name) for _, each in _lettered(results)]
            lines.append(f"| {change.name} | {name or change.stage} | {' | '.join(marks)} |")
    return "\n".join(lines) + "\n"


def write(path: Path, table: str) -> None:
    """Put the tables between the markers of that file.

    Raises:
        ValueError: the markers are not there.
    """
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no lines '{BEGIN}' and '{END}'; restore them from git")
    path.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")


def _lettered(results: Sequence[Result]) -> list[tuple[str, Result]]:
    return [(letter, each) for letter, each in zip("ABCDEFGH", results, strict=False) if not each.missing]


def _mark(verdicts: Mapping[str, Verdict], name: str) -> str:
    return "fails" if verdicts[name].failed else "?" if verdicts[name].undecided else "."
