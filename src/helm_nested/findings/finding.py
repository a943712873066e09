"""A finding: what failed, when, how often, and how to see it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helm_nested.corpus import Corpus
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.findings.excerpt import excerpt, excerpt_if_filled
from helm_nested.findings.failure import BUNDLE, REFUSALS, FailureGroup, slot_of
from helm_nested.findings.pipeline_failure import NOT_YAML
from helm_nested.findings.reduction import Explanation, Fails
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import with_choices


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
    # What to do, or the nearest known name; no part of the identity.
    advice: str = ""

    @property
    def identity(self) -> str:
        """What stays the same from run to run: by this a baseline knows it."""
        return " | ".join([",".join(self.checks), self.path, ",".join(self.keys), self.message])

    @property
    def is_of_file(self) -> bool:
        """Whether it is of a file that Helm installs as it is: no combination renders it, so none shows it again."""
        return self.combinations == 0

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


def of_file(group: FailureGroup, file: str, text: str, rules: Mapping[str, str]) -> Finding:
    """What is wrong with a file of the chart that Helm installs as it is: no combination has to do with it."""
    return Finding(
        tuple(group.checks),
        rules.get(group.checks[0], ""),
        group.problem.path,
        group.problem.message,
        (file,),
        (),
        ("always",),
        None,
        0,
        0,
        excerpt(group.problem.path, text, group.places[0].document),
        {},
        {},
        group.problem.advice,
    )


def explained(
    group: FailureGroup,
    failing: int,
    corpus: Corpus,
    matrix: Matrix,
    explanation: Explanation,
    rules: Mapping[str, str],
    fails: Fails,
    and_with: str = "",
) -> Finding:
    """The finding that a group of failures is; `failing` is the bit set of the combinations that are explained.

    What reproduces it was rendered and failed, in the run or by `fails`. `and_with` names the argument sets that it
    takes besides the choices, where others do not show it.
    """
    return Finding(
        tuple(group.checks),
        rules.get(group.checks[0], ""),
        group.problem.path,
        group.problem.message,
        tuple(group.slots),
        tuple(group.argument_sets),
        tuple(f"{each.text(matrix)}{and_with}" for each in explanation.conjunctions),
        explanation.confirmed,
        failing.bit_count(),
        explanation.unexplained,
        _excerpt(group, corpus),
        matrix.values(shown := _shown(explanation, corpus, matrix, failing, fails)),
        matrix.release_map(shown),
        group.problem.advice,
    )


def _shown(explanation: Explanation, corpus: Corpus, matrix: Matrix, failing: int, fails: Fails) -> Combination:
    """A combination that fails, with as few choices as can be beside those that it takes."""
    if explanation.example is not None:
        return explanation.example
    if explanation.conjunctions:
        choices = dict(explanation.conjunctions[0].choices)
        alone = with_choices(bytes(len(matrix.axes)), list(choices), list(choices.values()))
        if matrix.allowed(alone) and fails([alone])[0]:
            return alone
    return corpus.combinations[(failing & -failing).bit_length() - 1]


def _excerpt(group: FailureGroup, corpus: Corpus) -> str:
    """The lines of the text around the last step of the path that can be found in it."""
    place, path = group.places[0], group.problem.path
    if place.slot in (BUNDLE, REFUSALS):
        return ""
    text = slot_of(place.slot, corpus).texts[place.identity - 1]
    template = corpus.service_templates.get((place.slot, place.identity))
    # Where a template has loops, the line of the filled text may be another one, or none.
    if template is not None and template.dialect.native and NOT_YAML in group.checks:
        return excerpt_if_filled(path, text, group.problem.advice)
    return excerpt(path, text, place.document)
