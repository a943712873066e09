"""The page of all checks, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from helm_nested.check_registry import load_checks
from helm_nested.checking.example import CLAIMS, CONTRACT, example_problems
from helm_nested.checking.model import Check, Scope

_SCOPES: dict[Scope, tuple[str, str]] = {
    "template": ("Templates", "They look at a service template as text, before anything is filled in."),
    "document": ("Documents", "They look at one Kubernetes object, of either stage."),
    "bundle": (
        "Bundles",
        "They look at everything that one combination of values and one argument set lead to together.",
    ),
}


def check_page() -> str:
    """Every built-in check with its message and examples, and what it says of those that fail."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    checks = load_checks()
    minors, secret = CLAIMS.kubernetes_minors, CLAIMS.external[0]
    yield "# Checks"
    yield ""
    yield f"Generated from the {len(checks)} checks that come with `helm-nested`. In the examples"
    yield ""
    yield f"- the contract has the placeholders {', '.join(f'`{name}`' for name in CONTRACT.arguments)};"
    yield f"- Kubernetes {minors[0]} to {minors[-1]} and the Pod Security level `restricted` are claimed;"
    yield "- there is a schema of the custom resource `Widget`, and for `Gadget` it is said that there is none;"
    yield f"- the {secret.kind}s `{secret.name}` are claimed to be there."
    for scope, (title, description) in _SCOPES.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield description
        for check in checks:
            if check.scope == scope:
                yield from _check(check)
    yield ""


def _check(check: Check) -> Iterator[str]:
    yield ""
    yield f"### {check.name}"
    yield ""
    yield check.message
    if check.needs:
        yield ""
        yield f"It needs {check.needs}."
    for text in check.passing:
        yield from _example("Passes:", text)
    for text in check.failing:
        yield from _example("Fails:", text)
        yield ""
        for problem in example_problems(check, text):
            yield f"- `{problem.path or 'the document'}`: {problem.message} {problem.advice}".rstrip()


def _example(title: str, text: str) -> Iterator[str]:
    yield ""
    yield title
    yield ""
    yield "```yaml"
    yield text.rstrip("\n")
    yield "```"
