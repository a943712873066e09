"""Settings: of a flag, else of the environment, else of a file, else as they are by default."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nested_templates.errors import DocumentError
from nested_templates.input_file import is_there, read_text
from nested_templates.suggestion import did_you_mean
from nested_templates.yaml_documents import CONSUMER_READER, load_all
from temporal_endpoints.errors import SettingsError

PREFIX = "TEMPORAL_ENDPOINTS_"
_CONFIG = f"{PREFIX}CONFIG"
_TRUE, _FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off", "")
# How like a known name a variable has to be to be a misspelt one: others with the prefix are somebody else's.
_ALIKE = 0.8


@dataclass(frozen=True)
class Setting:
    """One setting: `name` is the flag without its hyphens; `default` None means that it may be missing.

    Attributes:
        bounds: the least and the greatest number that is taken.
    """

    name: str
    help: str
    default: str | int | bool | None = None
    choices: Sequence[str] | None = None
    bounds: tuple[int, int] | None = None

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


def resolve(given: argparse.Namespace, settings: Sequence[Setting], known: Sequence[Setting]) -> dict[str, Any]:
    """The value of each setting.

    Args:
        given: what the command line says.
        settings: those that the command asks for.
        known: all that a file may hold, those of other commands among them.

    Raises:
        SettingsError: the file cannot be read or holds an unknown setting, a variable is misspelt, or one value is not
            usable.
    """
    _require_known_variables(known)
    file, place = _file(getattr(given, "config", None), known)
    values: dict[str, Any] = {}
    for setting in settings:
        flag = getattr(given, setting.name.replace("-", "_"), None)
        if flag is not None:
            values[setting.name] = _given(setting, flag)
        elif os.environ.get(setting.variable):
            values[setting.name] = _typed(setting, os.environ[setting.variable], f"${setting.variable}")
        elif file.get(setting.name) is not None:
            values[setting.name] = _typed(setting, file[setting.name], f"{setting.name} in {place}")
        else:
            values[setting.name] = setting.default
    return values


def user_folder(variable: str, usual: str) -> Path:
    """The program's own folder in the one that the variable names, or in the user's home.

    A user without a home, as in a container, has one of this name that is not there.
    """
    try:
        home = Path.home()
    except RuntimeError:
        home = Path("/no-home")
    return Path(os.environ.get(variable) or home / usual) / "temporal-endpoints"


def _require_known_variables(known: Sequence[Setting]) -> None:
    """Refuse what would set nothing, as in a file; it is not looked at what it holds, which may be a key."""
    names = [_CONFIG, *(setting.variable for setting in known)]
    ends = [name.removeprefix(PREFIX) for name in names]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in names:
            near = get_close_matches(name.removeprefix(PREFIX), ends, 1, _ALIKE)
            if near:
                raise SettingsError(f"${name} is no setting. Did you mean ${PREFIX}{near[0]}?")


def _given(setting: Setting, flag: Any) -> Any:  # noqa: ANN401 - as argparse read it
    """A flag's value: an empty one, as of a shell's variable that is not set, would be as if it were not given."""
    where = f"--{setting.name}"
    _refuse_empty(flag, where)
    return _bounded(setting, flag, where)


def _refuse_empty(flag: object, where: str) -> None:
    if flag == "":
        raise SettingsError(f"{where} is empty. Give it a value, or leave it out.")


def _file(path: str | None, known: Sequence[Setting]) -> tuple[Mapping[str, Any], Path]:
    """The settings of the file, and where it is."""
    _refuse_empty(path, "--config")
    named = path or os.environ.get(_CONFIG)
    usual = user_folder("XDG_CONFIG_HOME", ".config") / "config.yaml"
    place = Path(named) if named else usual
    if not named and not is_there(place):
        return {}, place
    try:
        documents = load_all(read_text(place), str(place), CONSUMER_READER, is_secret=True)
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsError(f"the settings in {place} cannot be read: {cause}. Correct the file, or --config.") from (
            error
        )
    except DocumentError as error:
        raise SettingsError(f"{error} Correct the file, or --config.") from error
    if len(documents) > 1 or not all(isinstance(document, dict) for document in documents):
        raise SettingsError(f"{place} holds no map of settings. Write for example: server: http://127.0.0.1:8080")
    values = documents[0] if documents else {}
    names = [setting.name for setting in known]
    for name in values:
        if name not in names:
            raise SettingsError(f"{place} has no setting {name!r} to set. {did_you_mean(str(name), names)}")
    return values, place


def _typed(setting: Setting, value: object, where: str) -> Any:  # noqa: ANN401 - as the setting's default
    if not isinstance(value, str | int | float):
        # It may be a key, so it is not shown.
        raise SettingsError(f"{where} is neither a text nor a number. Write one value.")
    text = str(value)
    if isinstance(setting.default, bool):
        if text.lower() in (*_TRUE, *_FALSE):
            return text.lower() in _TRUE
        raise SettingsError(f"{where} is {text!r}. Write true or false.")
    if isinstance(setting.default, int):
        return _bounded(setting, _whole(text, where), where)
    if not isinstance(value, str):
        # YAML has read it otherwise than it is written: a version of 1.10 as 1.1, a key of 0123 as 83.
        raise SettingsError(f"{where} is no text. Put it in quotes.")
    if "\0" in text:
        raise SettingsError(f"{where} has a null character, which no name, address or path has. Correct it.")
    if setting.choices is not None and text not in setting.choices:
        raise SettingsError(f"{where} is {text!r}. Write one of {', '.join(setting.choices)}.")
    return text


def _whole(text: str, where: str) -> int:
    if text.isdecimal():
        # Python reads no number of thousands of digits.
        with suppress(ValueError):
            return int(text)
    raise SettingsError(f"{where} is {text!r}. Write a whole number.")


def _bounded(setting: Setting, value: Any, where: str) -> Any:  # noqa: ANN401 - a flag's value, or a number
    if setting.bounds is not None and not setting.bounds[0] <= value <= setting.bounds[1]:
        raise SettingsError(f"{where} is {value}. Write a number from {setting.bounds[0]} to {setting.bounds[1]}.")
    return value
