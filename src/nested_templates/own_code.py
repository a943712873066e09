"""The user's own Python: a module by its dotted name or a .py file, or what is in one under a name, after a colon."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from pathlib import Path
from types import ModuleType

from nested_templates.errors import ConfigurationError, NestedTemplatesError
from nested_templates.suggestion import did_you_mean

_NAMED = re.compile(r"(?P<module>.+):(?P<name>[^\W\d]\w*)")


def is_named(reference: str) -> bool:
    """Whether the text has the shape of such a name."""
    return _NAMED.fullmatch(reference) is not None


def load_named(reference: str, where: str, folder: Path) -> object:
    """What the user's Python has under that name; files are looked for in `folder`, `where` is for messages.

    Raises:
        ConfigurationError: there is no such module, file or name, or the module fails.
    """
    match = _NAMED.fullmatch(reference)
    if match is None:
        raise ConfigurationError(
            f"{where}: {reference!r} names nothing. Write package.module:name or path/to/file.py:name."
        )
    source, name = match["module"], match["name"]
    module = load_module(source, where, folder)
    if not hasattr(module, name):
        known = [each for each in vars(module) if not each.startswith("_")]
        raise ConfigurationError(
            f"{where}: {source} has no {name!r}. {did_you_mean(name, known)} Correct the name, or add it there."
        )
    found: object = getattr(module, name)
    return found


def load_module(source: str, where: str, folder: Path) -> ModuleType:
    """The module of that dotted name, or of that .py file in `folder`; `where` is for messages.

    Raises:
        ConfigurationError: there is no such module or file, or it fails.
    """
    try:
        return _load_file(source, where, folder) if source.endswith(".py") else importlib.import_module(source)
    except NestedTemplatesError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigurationError(_failed(error, source, where)) from error


def _load_file(source: str, where: str, folder: Path) -> ModuleType:
    path = folder / source
    if not path.is_file():
        raise ConfigurationError(
            f"{where}: there is no file {path}. Correct its path, which starts at {folder.absolute()}."
        )
    module_name = "nested_templates_own_" + re.sub(r"\W", "_", str(path.resolve()))
    specification = importlib.util.spec_from_file_location(module_name, path)
    if specification is None or specification.loader is None:
        raise ConfigurationError(f"{where}: Python cannot load {path}. Give the path of a .py file.")
    module = importlib.util.module_from_spec(specification)
    # Dataclasses look their module up by name.
    sys.modules[module_name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def _failed(error: BaseException, source: str, where: str) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name and f"{source}.".startswith(f"{error.name}."):
        return (
            f"{where}: there is no module {source!r}. "
            "Write the path of a .py file, or a dotted name that Python can import."
        )
    if isinstance(error, TypeError | ImportError) and source.startswith("."):
        return f"{where}: there is no module {source!r}. Write its whole dotted name, without a leading dot."
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "importlib" not in each.filename][1:]
    line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
    place = source if line is None else f"{source}, line {line}"
    return f"{where}: {place}: {type(error).__name__}: {error}. Correct it."
