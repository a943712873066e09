"""Examples of checks: the subjects that their texts stand for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from helm_nested.checking.model import (
    BundleSubject,
    Check,
    Claims,
    CustomSchema,
    DocumentSubject,
    External,
    Problem,
    TemplateSubject,
)
from helm_nested.errors import ConfigurationError
from helm_nested.kubernetes.validation import find_program
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.service_template import ServiceTemplate
from nested_templates.yaml_documents import CONSUMER_READER, parse_documents

_HERE = Path(__file__).parent

CONTRACT = Contract(
    {
        "properties": {
            "NAME": {"x-position": "scalar"},
            "IMAGE": {"x-position": "scalar", "x-changes": True},
            "ENV": {"x-position": "value"},
        }
    },
    "the examples' contract",
)
_ARGUMENTS = ArgumentSet("example", "", (), {"NAME": "a", "IMAGE": "a:1", "ENV": []})
CLAIMS = Claims(
    kubernetes_minors=("1.33", "1.34", "1.35", "1.36", "1.37"),
    custom_schemas=(
        CustomSchema("example.com/v1", "Widget", _HERE / "widget.schema.json"),
        CustomSchema("example.com/v1", "Widget", _HERE / "widget_settings.schema.json", at="spec.parts[].settings"),
    ),
    external=(External("Secret", "provided-*", "the platform"),),
    without_schema={"Gadget": "its maker publishes none"},
    kubernetes_program=find_program(Path()),
)


def example_problems(check: Check, text: str) -> list[Problem]:
    """What the check has against an example.

    Raises:
        DocumentError: the text is no YAML.
        ConfigurationError: an example of a document check is not one document.
    """
    return list(check.run(_subject(check, text)))


def _subject(check: Check, text: str) -> TemplateSubject | DocumentSubject | BundleSubject:
    if check.scope == "template":
        return TemplateSubject(ServiceTemplate("ConfigMap/example", "example.yaml", text), CONTRACT, _ARGUMENTS)
    parsed = parse_documents(text, f"an example of the check {check.name!r}", CONSUMER_READER)
    if check.scope == "bundle":
        return BundleSubject(parsed.documents, CLAIMS)
    if len(parsed.documents) != 1:
        raise ConfigurationError(
            f"an example of the check {check.name!r} is {len(parsed.documents)} documents. "
            "Write one, or scope='bundle'."
        )
    return DocumentSubject(parsed.documents[0], CLAIMS, "restricted", parsed.duplicate_keys[0])


def broken_examples(checks: Iterable[Check]) -> list[str]:
    """What is wrong with the examples of these checks: one that should pass and fails, or the reverse, or none."""
    found = []
    for check in checks:
        if not check.passing or not check.failing:
            found.append(f"{check.name}: it needs an example that passes and one that fails")
        for text in check.passing:
            found += [
                f"{check.name}: should pass: {each.path}: {each.message}" for each in example_problems(check, text)
            ]
        found += [
            f"{check.name}: should fail: {text.splitlines()[0]}"
            for text in check.failing
            if not check.missing(CLAIMS) and not example_problems(check, text)
        ]
    return found
