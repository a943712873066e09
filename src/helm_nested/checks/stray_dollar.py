"""The check `stray-dollar`."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.checking.model import Check, Problem, TemplateSubject
from helm_nested.checking.template_text import dollars


def _run(subject: TemplateSubject) -> Iterator[Problem]:
    known = subject.contract.arguments
    for dollar in dollars(subject.template, known):
        if dollar.kind == "lone":
            yield Problem(
                f"line {dollar.line}", f"a lone '$' in {dollar.text[:80]!r}.", advice="Write '$$' for a dollar sign."
            )
        elif dollar.kind == "named" and dollar.name not in known:
            yield Problem(
                f"line {dollar.line}",
                f"{dollar.text} is filled as a placeholder, and the contract has none of that name.",
                advice=f"Write '${dollar.text}' if the text is meant.",
            )


CHECK = Check(
    name="stray-dollar",
    scope="template",
    message="Every dollar sign starts a placeholder or is doubled; otherwise filling the template fails.",
    run=_run,
    passing=(
        """\
kind: ConfigMap
data:
  price: 5$$
  shell: echo $$HOME $$(date)
""",
        """\
kind: ConfigMap
metadata:
  name: $NAME
""",
    ),
    failing=(
        """\
# a dollar sign that is meant as one
kind: ConfigMap
data:
  price: 5$
""",
        """\
# a variable of the shell
kind: ConfigMap
data:
  shell: echo $HOME
""",
        """\
# what the shell is to run
kind: ConfigMap
data:
  shell: echo $(date)
""",
    ),
)
