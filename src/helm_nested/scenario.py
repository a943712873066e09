"""Scenarios: named values files a user can be in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helm_nested.errors import ValuesError


@dataclass(frozen=True)
class Scenario:
    """One set of values files, as texts, the last one wins."""

    name: str
    title: str
    files: tuple[Path, ...]
    layers: tuple[str, ...]


def load_scenario(files: Sequence[Path], name: str | None = None) -> Scenario:
    """The scenario made of those values files; named after the last one, titled by its first comment line.

    Raises:
        ValuesError: a file cannot be read.
    """
    layers = []
    for file in files:
        try:
            layers.append(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ValuesError(f"the values file {file} cannot be read: {error.strerror}. Correct its name.") from error
        except UnicodeDecodeError as error:
            raise ValuesError(f"the values file {file} is not UTF-8: {error.reason}. Save it as UTF-8.") from error
    chosen = name or files[-1].name.removesuffix(".yaml").removesuffix("-values")
    first = next((line for line in layers[-1].splitlines() if line.strip()), "")
    title = first.lstrip("# ").strip() if first.startswith("#") else ""
    return Scenario(chosen, title, tuple(files), tuple(layers))


def load_scenarios(files: Iterable[Path]) -> list[Scenario]:
    """One scenario a file, in the order given.

    Raises:
        ValuesError: a file cannot be read, or two scenarios have the same name.
    """
    scenarios: dict[str, Scenario] = {}
    for file in files:
        scenario = load_scenario([file])
        if scenario.name in scenarios:
            raise ValuesError(
                f"two scenarios are named {scenario.name!r}: {scenarios[scenario.name].files[0]} and {file}. Rename one."
            )
        scenarios[scenario.name] = scenario
    return list(scenarios.values())
