"""Settings: of a flag, else of the environment, else of a file, else as they are by default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from temporal_endpoints.errors import SettingsError

PREFIX = "TEMPORAL_ENDPOINTS_"
_CONFIG = f"{PREFIX}CONFIG"
_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off", "")


@dataclass(frozen=True)
class Setting:
    """One setting: `name` is the flag without its hyphens; `default` None means that it may be missing."""

    name: str
    help: str
    default: str | int | bool | None = None
    choices: Sequence[str] | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name.upper().replace("-", "_")


def add_settings(parser: argparse.ArgumentParser, settings: Sequence[Setting]) -> None:
    """Let the parser know the flags; what is not given stays None, so that other sources are asked."""
    for each in settings:
        shown = "" if each.default in (None, False) else f" (default: {each.default})"
        if isinstance(each.default, bool):
            parser.add_argument(f"--{each.name}", action=argparse.BooleanOptionalAction, help=each.help, default=None)
        else:
            kind = int if isinstance(each.default, int) else str
            parser.add_argument(f"--{each.name}", help=each.help + shown, type=kind, choices=each.choices, default=None)


def resolve(given: argparse.Namespace, settings: Sequence[Setting]) -> dict[str, Any]:
    """The value of each setting.

    Raises:
        SettingsError: the file cannot be read or knows another setting, or a value is of another type.
    """
    file = _file(getattr(given, "config", None))
    found: dict[str, Any] = {}
    for each in settings:
        flag = getattr(given, each.name.replace("-", "_"), None)
        if flag is not None:
            found[each.name] = flag
        elif os.environ.get(each.variable):
            found[each.name] = _typed(each, os.environ[each.variable], f"${each.variable}")
        elif each.name in file:
            found[each.name] = _typed(each, file[each.name], f"the setting {each.name}")
        else:
            found[each.name] = each.default
    return found


def _file(path: str | None) -> Mapping[str, Any]:
    named = path or os.environ.get(_CONFIG)
    usual = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "temporal-endpoints" / "config.yaml"
    place = Path(named) if named else usual
    if not named and not place.exists():
        return {}
    try:
        said = yaml.safe_load(place.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"the settings in {place} cannot be read: {error}. Correct the file, or --config.") from (
            error
        )
    if not isinstance(said, dict):
        raise SettingsError(f"{place} holds no map of settings. Write for example: server: http://127.0.0.1:8080")
    return {str(key): value for key, value in said.items()}


def _typed(setting: Setting, value: object, where: str) -> str | int | bool:
    text = str(value)
    if isinstance(setting.default, bool):
        if text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise SettingsError(f"{where} is {text!r}. Write true or false.")
    if isinstance(setting.default, int):
        if text.isdecimal():
            return int(text)
        raise SettingsError(f"{where} is {text!r}. Write a whole number.")
    if setting.choices is not None and text not in setting.choices:
        raise SettingsError(f"{where} is {text!r}. Write one of {', '.join(setting.choices)}.")
    return text
