"""A text filled by a dialect, with arguments of every kind."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from helm_nested.errors import FillError
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.dialect import Dialect, open_dialect
from nested_templates.encoder import json_encoder
from nested_templates.fill import FilledTemplate, fill
from nested_templates.service_template import ServiceTemplate

from .conftest import HERE

CONTRACT = Contract(
    {"properties": {name: {"x-position": "value"} for name in ("name", "owner", "items", "count", "text", "note")}},
    "the contract",
)


ARGUMENTS: dict[str, Any] = {
    "name": "a",
    "owner": {"first": "Ada"},
    "items": [1, 2],
    "count": 3,
    "text": 'it\'s "so": {{ name }} ${name} <b>',
}


@pytest.fixture
def jinja2_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the chart with jinja2 templates, as the working directory."""
    folder = tmp_path / "workspaces"
    shutil.copytree(HERE / "charts" / "jinja2", folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(folder)
    return folder


def filled(dialect: Dialect, text: str, arguments: Mapping[str, Any] = ARGUMENTS) -> FilledTemplate:
    """The text filled as if it stood in a ConfigMap."""
    template = ServiceTemplate("ConfigMap/a", "b.yaml", text, dialect)
    return fill(template, ArgumentSet("everyday", "", (), arguments), CONTRACT, json_encoder)


def jinja2() -> Dialect:
    """The dialect as most configurations ask for it."""
    return open_dialect("jinja2", "here", Path())


def function(tmp_path: Path, body: str, name: str = "fill") -> Dialect:
    """A dialect of the user's own, its module in a file."""
    (tmp_path / "own.py").write_text(body, encoding="utf-8")
    return open_dialect(f"own.py:{name}", "here", tmp_path)


def refusal(dialect: Dialect, text: str, arguments: Mapping[str, Any] = ARGUMENTS) -> str:
    """What is said of a text that cannot be filled."""
    with pytest.raises(FillError) as caught:
        filled(dialect, text, arguments)
    return str(caught.value)
