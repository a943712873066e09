"""A finding: what failed, when, how often, and how to see it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from helm_nested.corpus import Corpus
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.findings.failure import FailureGroup
from helm_nested.findings.reduction import Explanation
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import with_choices

_LINES = 6


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the chart."""

    checks: tuple[str, ...]
    rule: str
    path: str
    message: str
    keys: tuple[str, ...]
    argument_sets: tuple[str, ...]
    when: tuple[str, ...]
    confirmed: bool | None
    combinations: int
    unexplained: int
    excerpt: str
    values: Mapping[str, Any]
    # What the release must be like, where it is not the configured one.
    release: ReleaseMap = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """What stays the same from run to run: by this a baseline knows it."""
        return " | ".join([",".join(self.checks), self.path, ",".join(self.keys), self.message])

    @classmethod
    def of_values(
        cls,
        check: str,
        rule: str,
        path: str,
        message: str,
        values: Mapping[str, Any],
        release: ReleaseMap | None = None,
    ) -> Finding:
        """What is wrong with one set of values (and one release), whatever the combination and the template."""
        return cls(
            checks=(check,),
            rule=rule,
            path=path,
            message=message,
            keys=(),
            argument_sets=(),
            when=("always",),
            confirmed=None,
            combinations=1,
            unexplained=0,
            excerpt="",
            values=values,
            release=release or {},
        )


def explained(
    group: FailureGroup,
    failing: int,
    corpus: Corpus,
    matrix: Matrix,
    explanation: Explanation,
    rules: Mapping[str, str],
) -> Finding:
    """The finding that a group of failures is; `failing` is the bit set of the combinations that are explained."""
    return Finding(
        tuple(group.checks),
        rules.get(group.checks[0], ""),
        group.problem.path,
        group.problem.message,
        tuple(group.slots),
        tuple(group.argument_sets),
        tuple(each.text(matrix) for each in explanation.conjunctions),
        explanation.confirmed,
        failing.bit_count(),
        explanation.unexplained,
        _excerpt(group, corpus),
        matrix.values(shown := _shown(explanation, corpus, matrix, failing)),
        matrix.release_map(shown),
    )


def _shown(explanation: Explanation, corpus: Corpus, matrix: Matrix, failing: int) -> Combination:
    """A combination that fails, with as few choices as can be beside those that it takes."""
    if explanation.example is not None:
        return explanation.example
    if explanation.conjunctions:
        choices = dict(explanation.conjunctions[0].choices)
        alone = with_choices(bytes(len(matrix.axes)), list(choices), list(choices.values()))
        if matrix.allowed(alone):
            return alone
    return corpus.combinations[(failing & -failing).bit_length() - 1]


def _excerpt(group: FailureGroup, corpus: Corpus) -> str:
    """The lines of the text around the last step of the path that can be found in it."""
    place = group.places[0]
    slot = corpus.templates.get(place.slot) or corpus.manifests.get(place.slot)
    if slot is None:
        return ""
    lines = slot.texts[place.identity - 1].splitlines()
    steps = [step for step in group.problem.path.replace("[", ".").replace("]", "").split(".") if not step.isdigit()]
    number = _line_of(steps, lines)
    return "\n".join(
        f"{index + 1:>4}  {lines[index]}" for index in range(max(0, number - 1), min(len(lines), number + _LINES - 1))
    )


def _line_of(steps: Sequence[str], lines: Sequence[str]) -> int:
    """The line where the path leads, as far as its steps are found one after the other."""
    number = 0
    for step in steps:
        for index in range(number, len(lines)):
            text = lines[index].strip().removeprefix("- ").strip('"')
            if text.startswith((f"{step}:", f'{step}":')):
                number = index
                break
    return number


def write_values(folder: Path, number: int, finding: Finding) -> Path:
    """The values file that reproduces the finding."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{number}-values.yaml"
    head = f"# Reproduces finding {number}: {', '.join(finding.checks)} at {finding.path or 'the document'}\n"
    if finding.release:
        head += f"# with this of the release: {json.dumps(finding.release)}\n"
    values = json.loads(json.dumps(finding.values))
    file.write_text(head + yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file
