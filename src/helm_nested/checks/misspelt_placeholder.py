"""The check `misspelt-placeholder`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, Problem, TemplateSubject
from helm_nested.checking.template_text import dollars
from nested_templates.suggestion import did_you_mean


def _run(subject: TemplateSubject) -> Iterator[Problem]:
    known = subject.contract.arguments
    for dollar in dollars(subject.template, known):
        if dollar.kind != "misspelt":
            continue
        if dollar.name in known:
            advice = f"Write ${{{dollar.name}}}."
        else:
            advice = f"Write ${{NAME}}. {did_you_mean(dollar.name, known)}".rstrip()
        message = f"{dollar.text!r} looks like a placeholder and is none."
        yield Problem(f"line {dollar.line}", message, advice=advice)


CHECK = Check(
    name="misspelt-placeholder",
    scope="template",
    message="Whatever looks like a placeholder is one; otherwise filling fails, or the text stays as it is.",
    run=_run,
    passing=(
        """\
metadata:
  name: ${NAME}
""",
        """\
# a variable that Kubernetes expands, and templates of others
args: ["$$(NAME)"]
annotations:
  legend: "{{ $$labels.pod }} {{pod}}"
""",
    ),
    failing=(
        """\
# a blank after the dollar sign
metadata:
  name: $ {NAME}
""",
        """\
# blanks inside the braces
metadata:
  name: ${ NAME }
""",
        """\
# round brackets
metadata:
  name: $(NAME)
""",
        """\
# braces of another language
metadata:
  name: {{NAME}}
""",
        """\
# a dash
metadata:
  name: ${name-with-dash}
""",
        """\
# a default, which only a shell knows
metadata:
  name: ${NAME:-worker}
""",
    ),
)
