"""Coverage as JSON, for the review page and for other tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, TypedDict

from helm_nested.coverage.measurement import Coverage
from helm_nested.errors import ConfigurationError
from nested_templates.input_file import read_text
from nested_templates.json_schema import DRAFT_7, JsonSchema

FORMAT: Literal[1] = 1


class BranchRecord(TypedDict):
    """One branch; `reachedBy` names the first input that reached it."""

    line: int
    source: str
    way: str
    reachedBy: str | None
    reason: str | None


class StaleRecord(TypedDict):
    """A reason that holds no longer, and the line that it is for."""

    line: int
    reason: str


class TemplateRecord(TypedDict):
    """One template, by its path in the chart."""

    template: str
    branches: list[BranchRecord]
    stale: list[StaleRecord]


class CoverageRecord(TypedDict):
    """One measurement; seconds are of wall-clock time."""

    format: Literal[1]
    engine: str
    inputs: int
    renders: int
    seconds: float
    templates: list[TemplateRecord]


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}


def _all_of(properties: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "required": list(properties), "properties": properties}


_OPTIONAL = {"type": ["string", "null"]}
_BRANCH = _all_of({"line": _COUNT, "source": _TEXT, "way": _TEXT, "reachedBy": _OPTIONAL, "reason": _OPTIONAL})
_TEMPLATE = _all_of(
    {
        "template": _TEXT,
        "branches": {"type": "array", "items": _BRANCH},
        "stale": {"type": "array", "items": _all_of({"line": _COUNT, "reason": _TEXT})},
    }
)
SCHEMA = _all_of(
    {
        "format": {"const": FORMAT},
        "engine": _TEXT,
        "inputs": _COUNT,
        "renders": _COUNT,
        "seconds": {"type": "number"},
        "templates": {"type": "array", "items": _TEMPLATE},
    }
)


def to_record(coverage: Coverage) -> CoverageRecord:
    """The coverage in the shape of the JSON file."""
    return {
        "format": FORMAT,
        "engine": coverage.engine,
        "inputs": coverage.inputs,
        "renders": coverage.renders,
        "seconds": round(coverage.seconds, 3),
        "templates": [
            {
                "template": template,
                "branches": [
                    {
                        "line": each.branch.line,
                        "source": each.branch.source,
                        "way": each.branch.way,
                        "reachedBy": each.reached_by,
                        "reason": each.reason,
                    }
                    for each in measured
                ],
                "stale": [
                    {"line": reason.line, "reason": reason.text}
                    for reason in coverage.stale
                    if reason.template == template
                ],
            }
            for template, measured in coverage.templates.items()
        ],
    }


def to_json(coverage: Coverage) -> str:
    """The coverage as a JSON text."""
    return json.dumps(to_record(coverage), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read(path: Path) -> CoverageRecord:
    """What `helm-nested coverage --json` wrote.

    Raises:
        ConfigurationError: the file is missing or is something else.
    """
    advice = f"Write it: helm-nested coverage --json {path}"
    try:
        record: CoverageRecord = json.loads(read_text(path))
        fault = next(JsonSchema(SCHEMA, default=DRAFT_7).faults(record), None)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}. {advice}") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is not what coverage --json writes: {error}. {advice}") from error
    if fault is not None:
        raise ConfigurationError(f"{path} is not what coverage --json writes: {fault.message}. {advice}")
    return record
