"""What can go wrong where templates are filled; each message says what is wrong, where, and what to do."""

from __future__ import annotations


class NestedTemplatesError(Exception):
    """The work could not be done; the text says what, where and what to do."""


class ConfigurationError(NestedTemplatesError):
    """The configuration is missing, unreadable or says something unknown."""


class DocumentError(NestedTemplatesError):
    """A text that should be YAML documents is not."""


class ContractError(NestedTemplatesError):
    """The contract or an argument set is missing, unreadable or contradicts itself."""


class FillError(NestedTemplatesError):
    """A service template could not be filled."""
