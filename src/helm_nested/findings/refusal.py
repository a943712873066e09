"""Inputs that must be refused, each with the words that must be said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helm_nested.engine import Release
from helm_nested.errors import ConfigurationError, DocumentError, RenderError, ValuesError
from helm_nested.findings.finding import Finding
from helm_nested.watchdog import working_on
from nested_templates.document_path import step
from nested_templates.input_file import read_text
from nested_templates.json_value import json_faults
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import load_all

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

_KEYS = {"name", "values", "by", "message", "helm"}
_BY = {"schema": ValuesError, "chart": RenderError}


@dataclass(frozen=True)
class Refusal:
    """Values that must be refused, by the schema or by the chart's own `fail`, and the words expected.

    `helm` are the words Helm itself says, where they differ from this tool's.
    """

    name: str
    values: dict[str, Any]
    by: str
    message: str
    helm: str


def load_refusals(path: Path) -> list[Refusal]:
    """The refusals in that file, under `refused:`.

    Raises:
        ConfigurationError: it is missing or an entry is not understood.
    """
    try:
        documents = load_all(read_text(path), str(path))
    except (OSError, UnicodeDecodeError, DocumentError) as error:
        raise ConfigurationError(f"the refused inputs cannot be read: {error}. Correct 'refused:'.") from error
    document = documents[0] if len(documents) == 1 else None
    entries = document.get("refused") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ConfigurationError(f"{path} holds no list under 'refused:'. Each entry has name, values, by and message.")
    return [_refusal(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _refusal(path: Path, number: int, entry: Any) -> Refusal:  # noqa: ANN401 - any YAML
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{path}: entry {number} is not a map. Write name, values, by and message.")
    for key in entry:
        if key not in _KEYS:
            raise ConfigurationError(f"{path}: entry {number}: unknown key {key!r}. {did_you_mean(str(key), _KEYS)}")
    if entry.get("by") not in _BY or not isinstance(entry.get("values"), dict) or not entry.get("message"):
        raise ConfigurationError(
            f"{path}: entry {number} needs 'values' (a map), 'by' (schema or chart) and 'message'."
        )
    for place, fault in json_faults(entry["values"], "values"):
        raise ConfigurationError(f"{path}: entry {number}: {place}: {fault}.")
    message = str(entry["message"])
    return Refusal(
        str(entry.get("name", number)), entry["values"], entry["by"], message, str(entry.get("helm", message))
    )


def difference(refusal: Refusal, render: Callable[[], object], words: str) -> str | None:
    """What rendering its values leads to instead of the refusal that is expected, in these words; None if to that."""
    try:
        render()
    except (ValuesError, RenderError) as error:
        if isinstance(error, _BY[refusal.by]) and words in str(error):
            return None
        return f"it is refused in other words: {error}"
    return "it is accepted"


def unrefused(refusals: Sequence[Refusal], engine: InProcessEngine, release: Release) -> list[Finding]:
    """A finding for each input that is accepted, or refused by the wrong part or in other words."""
    found = []
    for refusal in refusals:
        with working_on(f"the refused input {refusal.name!r}"):
            said = difference(refusal, partial(engine.render_texts, refusal.values, release), refusal.message)
        if said is None:
            continue
        found.append(
            Finding.of_values(
                "refused-input",
                "What must be refused is refused, in the words that help.",
                step("", refusal.name),
                f"expected a refusal by the {refusal.by} with {refusal.message!r}; {said}",
                refusal.values,
            )
        )
    return found
