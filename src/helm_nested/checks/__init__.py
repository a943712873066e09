"""Checks: rules that any template, document or bundle must satisfy, one module each."""

from helm_nested.checking.model import (
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
]
