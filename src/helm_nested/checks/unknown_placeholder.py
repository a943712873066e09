"""The check `unknown-placeholder`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checks.model import Check, Problem, TemplateSubject
from helm_nested.checks.template_text import dollars
from helm_nested.suggestion import did_you_mean


def _run(subject: TemplateSubject) -> Iterator[Problem]:
    known = subject.contract.arguments
    for dollar in dollars(subject.template.text, known):
        if dollar.kind == "braced" and dollar.name not in known:
            nearest = did_you_mean(dollar.name, known)
            yield Problem(f"line {dollar.line}", f"{dollar.text} is not in the contract. {nearest}".rstrip())


CHECK = Check(
    name="unknown-placeholder",
    scope="template",
    message="Every placeholder is in the contract, for nobody fills one that is not.",
    run=_run,
    passing=(
        """\
kind: Deployment
metadata:
  name: ${NAME}
""",
    ),
    failing=(
        """\
# a misspelt name
kind: Deployment
metadata:
  name: ${NAMES}
""",
    ),
)
