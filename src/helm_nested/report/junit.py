"""An outcome as JUnit XML: a test case a check, failed if it has findings."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from helm_nested.check_outcome import Outcome
from helm_nested.report.text import summary
from helm_nested.visible_text import visible

_NO_XML = {0xFFFE: "U+FFFE", 0xFFFF: "U+FFFF"}


def to_junit(outcome: Outcome, checks: Sequence[str]) -> str:
    """The outcome as an XML text; `checks` are the names of all checks that ran."""
    names = sorted({*checks, *(name for finding in outcome.findings for name in finding.checks)})
    failed = {name for finding in outcome.findings for name in finding.checks}
    suite = Element(
        "testsuite",
        name="helm-nested",
        tests=str(len(names)),
        failures=str(len(failed)),
        time=f"{outcome.seconds:.3f}",
    )
    for name in names:
        case = SubElement(suite, "testcase", classname="helm-nested", name=name)
        for finding in outcome.findings:
            if name in finding.checks:
                failure = SubElement(case, "failure", message=_printable(finding.message))
                failure.text = _printable(
                    f"when: {' or '.join(finding.when)}\nin: {', '.join(finding.keys)}\nat: {finding.path}\n"
                    f"{finding.excerpt}"
                )
    SubElement(suite, "system-out").text = summary(outcome)
    indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suite, encoding="unicode") + "\n"


def _printable(text: str) -> str:
    """The text without what XML 1.0 does not allow, or what hides or reorders other text."""
    return visible(text).translate(_NO_XML)
