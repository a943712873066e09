"""docs/public.md has every name that users may rely on, and no other."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import helm_nested.checks
from helm_nested import cli, pytest_plugin
from helm_nested.check_outcome import Outcome
from helm_nested.configuration_schema import SCHEMA
from helm_nested.difference.change import Change, Comparison
from helm_nested.findings.finding import Finding
from helm_nested.mutation.score import Score
from helm_nested.properties.verdict import PARAMETERS
from helm_nested.report import coverage_json

PAGE = (Path(__file__).parents[2] / "docs" / "public.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([^`]+)`")


def listed(section: str) -> dict[str, set[str]]:
    """The names in each item of a list of the page by what stands before them; an item without has an empty one."""
    text = PAGE.split(f"\n## {section}\n")[1].split("\n## ")[0]
    items = re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)
    found: dict[str, set[str]] = {}
    for item in items:
        before, colon, after = item.partition(": ")
        found[before.replace("`", "") if colon else ""] = set(NAME.findall(after if colon else item))
    return found


def commands() -> dict[str, set[str]]:
    """The options of every command."""
    parser = cli._parser()  # noqa: SLF001 - the names are its own
    (action,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    return {
        name: {option for each in command._actions for option in each.option_strings} - {"-h", "--help"}  # noqa: SLF001
        for name, command in action.choices.items()
    }


def keys(schema: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, set[str]]]:
    """The keys of every map of the configuration by the map's path; those that hold maps with keys are such paths."""
    below = {name: part.get("items", part) for name, part in schema["properties"].items()}
    deeper = {name for name, part in below.items() if "properties" in part}
    yield place, set(below) - deeper
    for name in deeper:
        path = f"{place}.{name}".strip(".") + ("[*]" if "items" in schema["properties"][name] else "")
        yield from keys(below[name], path)


def names_of(kind: type[Any], *more: str) -> set[str]:
    """The fields of a dataclass as JSON has them."""
    return {*more, *(field.name for field in fields(kind))}


def test_command_line() -> None:
    """Every command and option is on the page."""
    assert listed("Command line") == commands()


def test_configuration() -> None:
    """Every key of the configuration is on the page, under the path of the map it stands in."""
    assert listed("Configuration") == dict(keys(SCHEMA))


def test_json() -> None:
    """Every key of what --json writes is on the page."""
    coverage: Any = coverage_json.SCHEMA
    assert listed("JSON") == {
        "check --json and merge --json": names_of(Outcome, "format"),
        "each of findings": names_of(Finding),
        "coverage --json": set(coverage["properties"]),
        "diff --json": names_of(Comparison, "format", "summary"),
        "each of changes": names_of(Change),
        "mutants --json": set(Score([], {}, {}, []).to_json()),
    }


def test_pytest_plugin() -> None:
    """Every option, fixture and argument of the plugin is on the page."""
    parser = pytest.Parser(_ispytest=True)
    pytest_plugin.pytest_addoption(parser)
    (group,) = (each for each in parser._groups if each.name == "helm-nested")  # noqa: SLF001
    kinds = {name: type(each).__name__ for name, each in vars(pytest_plugin).items()}
    assert listed("pytest plugin") == {
        "Options": {name for option in group.options for name in option.names()},
        "Ini options": set(parser._inidict),  # noqa: SLF001
        "Fixtures": {
            name for name, kind in kinds.items() if kind == "FixtureFunctionDefinition" and not name.startswith("_")
        },
        "Arguments of over": set(inspect.signature(pytest_plugin.over).parameters),
        "Parameters of a property": set(PARAMETERS),
    }


def test_python() -> None:
    """The Python names on the page are those that the three public modules name, and are there."""
    modules: Iterable[Any] = (helm_nested, pytest_plugin, helm_nested.checks)
    expected = {each.__name__: set(getattr(each, "__all__", ["__version__"])) for each in modules}
    assert listed("Python") == expected
    assert all(hasattr(each, name) for each in modules for name in expected[each.__name__])
