"""The activities and workflows that a command line names: a module, or something in it."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from temporal_endpoints_worker.errors import SettingsError

# What @activity.defn and @workflow.defn leave on what they decorate.
_ACTIVITY = "__temporal_activity_definition"
_WORKFLOW = "__temporal_workflow_definition"


@dataclass
class Contents:
    """What a worker runs."""

    activities: list[Callable[..., Any]] = field(default_factory=list)
    workflows: list[type] = field(default_factory=list)

    def add(self, thing: object) -> bool:
        """Take one activity or workflow; whether it is one."""
        if isinstance(thing, type) and _WORKFLOW in vars(thing):
            if thing not in self.workflows:
                self.workflows.append(thing)
            return True
        if callable(thing) and not isinstance(thing, type) and getattr(thing, _ACTIVITY, None) is not None:
            if thing not in self.activities:
                self.activities.append(thing)
            return True
        return False


def contents_of(names: Sequence[str]) -> Contents:
    """Everything that the names lead to: `module` all in it, `module:name` a function, list, class or object in it.

    Raises:
        SettingsError: a module cannot be imported, a name is not there, or nothing under it is an activity or workflow.
    """
    contents = Contents()
    for name in names:
        module_name, _, path = name.partition(":")
        module = _imported(module_name)
        if not _take(contents, _reached(module, path) if path else vars(module).values()):
            where = f"{path} in the module {module_name}" if path else f"the module {module_name}"
            raise SettingsError(
                f"{where} holds no activity and no workflow. Decorate the function with @activity.defn, or name a "
                "list of such functions."
            )
    return contents


def _take(contents: Contents, thing: object) -> bool:
    if contents.add(thing):
        return True
    if isinstance(thing, Iterable) and not isinstance(thing, str | bytes):
        members = list(thing)
    else:
        # An object whose methods are activities.
        members = [] if isinstance(thing, type) else [getattr(thing, name, None) for name in dir(type(thing))]
    return sum(map(contents.add, members)) > 0


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise SettingsError(
                f"there is no module {error.name}. Start the worker in the folder that holds it, or set PYTHONPATH."
            ) from error
        raise SettingsError(
            f"the module {name} needs {error.name}, which is not installed. Install it in the image."
        ) from error
    except Exception as error:
        raise SettingsError(
            f"the module {name} cannot be imported: {type(error).__name__}: {error} ({_place(error)}). Correct it "
            "there."
        ) from error


def _place(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}, line {last.lineno}"


def _reached(module: ModuleType, path: str) -> object:
    thing: object = module
    for step in path.split("."):
        if not hasattr(thing, step):
            near = get_close_matches(step, [name for name in dir(thing) if not name.startswith("_")], 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SettingsError(
                f"the module {module.__name__} has no {path}.{hint} Name a function, a list of functions or an object."
            )
        thing = getattr(thing, step)
    return thing
