"""Checks: rules that any template, document or bundle must satisfy, one module each."""

from helm_nested.checks.model import (
    BundleSubject,
    Check,
    Claims,
    CustomSchema,
    DocumentSubject,
    External,
    Level,
    Problem,
    Scope,
    TemplateSubject,
)
from helm_nested.checks.registry import load_checks

__all__ = [
    "BundleSubject",
    "Check",
    "Claims",
    "CustomSchema",
    "DocumentSubject",
    "External",
    "Level",
    "Problem",
    "Scope",
    "TemplateSubject",
    "load_checks",
]
