"""The check `unknown-placeholder`."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from helm_nested.checking.model import Check, Problem, TemplateSubject
from helm_nested.checking.template_text import dollars
from helm_nested.errors import FillError
from nested_templates.dialect import STRING_TEMPLATE
from nested_templates.service_template import ServiceTemplate
from nested_templates.suggestion import did_you_mean


def _run(subject: TemplateSubject) -> Iterator[Problem]:
    known = subject.contract.arguments
    for dollar in dollars(subject.template, known):
        if dollar.kind == "braced" and dollar.name not in known:
            nearest = did_you_mean(dollar.name, known)
            yield Problem(f"line {dollar.line}", f"{dollar.text} is not in the contract.", advice=nearest)
    if subject.template.dialect is not STRING_TEMPLATE:
        yield from _of_another_dialect(subject.template, known)


def _of_another_dialect(template: ServiceTemplate, known: Collection[str]) -> Iterator[Problem]:
    try:
        placeholders = template.dialect.placeholders(template.text, template.where) or ()
    except FillError:
        return  # what is no template of its dialect cannot be filled, and is reported as that
    for placeholder in placeholders:
        if placeholder.name not in known:
            written, nearest = template.dialect.written(placeholder.name), did_you_mean(placeholder.name, known)
            yield Problem(f"line {placeholder.line}", f"{written} is not in the contract.", advice=nearest)


CHECK = Check(
    name="unknown-placeholder",
    scope="template",
    message="Every placeholder is in the contract; otherwise nothing fills it.",
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
