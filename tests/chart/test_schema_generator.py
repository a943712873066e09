"""The schema that other charts get: generated only if the templates understand every keyword of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripts import generate


def write(chart: Path, rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart's values.schema.json that says this of one value."""
    (chart / "values.schema.json").write_text(
        json.dumps({"properties": {"a": rule, "ignored": True}, "definitions": {"b": {"type": "null"}}}),
        encoding="utf-8",
    )
    monkeypatch.setattr(generate, "CHART", chart)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"multipleOf": 2}, "a.multipleOf: .* does not know this keyword"),
        ({"properties": {"x": {"items": {"contains": {}}}}}, "a.properties.x.items.contains: .* does not know"),
        ({"allOf": [{"dependencies": {}}]}, "a.allOf.dependencies: .* does not know"),
        ({"properties": {"x": True}}, "a.properties.x: true is not a map of keywords"),
        ({"if": {"type": "null"}}, "a: write 'if' and 'then' together"),
        ({"pattern": "a{{2}"}, "a: Helm would take '{{' for a template"),
    ],
)
def test_what_the_templates_do_not_understand_is_refused(
    rule: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that the templates would silently pass over is an error that names its place."""
    write(tmp_path, rule, monkeypatch)
    with pytest.raises(generate.CannotGenerateError, match=message):
        generate.schema()


def test_what_is_not_read_and_what_is_said_for_people_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values that are merely accepted are the other chart's own; a title refuses nothing; a type is always a list."""
    write(tmp_path, {"title": "A", "type": "string", "enum": ["title"]}, monkeypatch)
    text = generate.schema()
    found = json.loads(text.split('"temporal-endpoints.schema" -}}')[1].removesuffix("{{- end }}\n"))
    assert found == {
        "properties": {"a": {"type": ["string"], "enum": ["title"]}},
        "definitions": {"b": {"type": ["null"]}},
    }
