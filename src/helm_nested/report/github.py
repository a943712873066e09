"""Findings as GitHub workflow commands, which become annotations of a pull request."""

from __future__ import annotations

from helm_nested.findings.finding import Finding
from helm_nested.visible_text import visible


def annotation(finding: Finding) -> str:
    """One line for one finding."""
    title = _property(", ".join(finding.checks))
    place = ", ".join(finding.keys)
    text = f"{finding.message} {finding.advice} (when {' or '.join(finding.when)}; in {place} at {finding.path})"
    return f"::error title={title}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text.replace("\r\n", "\n")).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
