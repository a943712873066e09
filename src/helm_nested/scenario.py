"""Scenarios: named values files a user can be in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_nested.errors import DocumentError, ValuesError
from helm_nested.terminal import warn
from nested_templates.folder_name import is_folder_name
from nested_templates.input_file import read_text
from nested_templates.json_value import json_faults
from nested_templates.yaml_documents import check_map, parse_documents

# What may be a number that is none, or infinite.
_INFINITE = re.compile(r"\.(?:inf|nan)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Scenario:
    """One set of values files, as texts, the last one wins."""

    name: str
    title: str
    files: tuple[Path, ...]
    layers: tuple[str, ...]


def load_scenario(files: Sequence[Path]) -> Scenario:
    """The scenario made of those values files; named after the last one, titled by its first comment line.

    Raises:
        ValuesError: a file cannot be read, is no YAML map, or cannot give its name to a scenario.
    """
    layers = [_layer(file) for file in files]
    name = files[-1].name.removesuffix(".yaml").removesuffix(".yml").removesuffix("-values")
    if not is_folder_name(name):
        raise ValuesError(
            f"the values file {files[-1]} would name its scenario {name!r}, which cannot be a folder. Rename the file."
        )
    first = next((line for line in layers[-1].splitlines() if line.strip()), "")
    title = first.lstrip("# ").strip() if first.startswith("#") else ""
    return Scenario(name, title, tuple(files), tuple(layers))


def load_scenarios(files: Iterable[Path]) -> list[Scenario]:
    """One scenario a file, in the order given.

    Raises:
        ValuesError: see `load_scenario`; or two scenarios have the same name.
    """
    scenarios: dict[str, Scenario] = {}
    for file in files:
        scenario = load_scenario([file])
        if scenario.name in scenarios:
            raise ValuesError(
                f"two scenarios are named {scenario.name!r}: {scenarios[scenario.name].files[0]} and {file}. "
                "Rename one."
            )
        scenarios[scenario.name] = scenario
    return list(scenarios.values())


def _layer(file: Path) -> str:
    try:
        layer = read_text(file)
        # Of two documents helm 3 takes one, helm 4 both; neither says so, and nobody means it.
        for sentence in check_map(layer, f"the values file {file}"):
            warn(sentence)
        _refuse_infinite(layer, file)
    except OSError as error:
        raise ValuesError(f"the values file {file} cannot be read: {error.strerror}. Correct its name.") from error
    except UnicodeDecodeError as error:
        raise ValuesError(
            f"the values file {file} is not UTF-8: {error.reason} at byte {error.start}. Save it as UTF-8."
        ) from error
    except DocumentError as error:
        raise ValuesError(str(error)) from error
    return layer


def _refuse_infinite(layer: str, file: Path) -> None:
    """Helm gets the values as JSON, and says of such a number neither its name nor its file."""
    if _INFINITE.search(layer):
        for document in parse_documents(layer, f"the values file {file}").documents:
            for path, fault in json_faults(document):
                raise ValuesError(f"the values file {file}: {path}: {fault}.")
