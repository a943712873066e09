"""The program of Kubernetes' own code, as `make tools` builds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_nested.kubernetes import validation
from nested_templates.yaml_documents import Document, parse_documents

REPOSITORY = Path(__file__).resolve().parent.parent.parent


FOUND = validation.find_program(REPOSITORY)


needs_program = pytest.mark.skipif(
    FOUND is None and not validation.is_required(),
    reason="Kubernetes' own validation was not run: `make tools` builds it",
)


def document(text: str) -> Document:
    """The one document of a text."""
    return parse_documents(text, "a test").documents[0]
