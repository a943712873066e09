"""The activities and workflows that a command line names: a module, or something in it."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MethodType, ModuleType
from typing import Any

from temporal_endpoints_worker.errors import SettingsError

# What @activity.defn and @workflow.defn leave on what they decorate.
_ACTIVITY = "__temporal_activity_definition"
_WORKFLOW = "__temporal_workflow_definition"

# The modules that are being imported for their activities, the innermost last.
_importing: list[str] = []


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
        if callable(thing) and not isinstance(thing, type) and _is_marked(thing):
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
        where = f"{path} in the module {module_name}" if path else f"the module {module_name}"
        # Beside its activities a module has all else.
        is_there = (
            _take(contents, _reached(module, path), where)
            if path
            else sum(map(contents.add, list(vars(module).values()))) > 0
        )
        if not is_there:
            raise SettingsError(
                f"{where} holds no activity and no workflow. Decorate the function with @activity.defn, or name a "
                "list of such functions."
            )
    return contents


def _is_marked(thing: object) -> bool:
    """Whether it is decorated. The thing itself is not asked: a proxy may refuse, and a mock has everything."""
    try:
        return _ACTIVITY in vars(thing.__func__ if isinstance(thing, MethodType) else thing)
    except Exception:
        return False


def _take(contents: Contents, thing: object, where: str) -> bool:
    if contents.add(thing):
        return True
    if isinstance(thing, list | tuple | set | frozenset):
        for number, member in enumerate(thing, start=1):
            if not contents.add(member):
                raise SettingsError(
                    f"number {number} of {where} is no activity and no workflow. Decorate it with @activity.defn, or "
                    "remove it."
                )
        return bool(thing)
    if isinstance(thing, type) and _methods(thing):
        raise SettingsError(
            f"{where} is a class, and its activities need an object of it. Make one in the module, and name that."
        )
    return sum(contents.add(getattr(thing, name)) for name in _methods(type(thing))) > 0


def _methods(kind: type) -> list[str]:
    """The names of the methods that are activities; a property is not asked, as it may do anything."""
    return [name for name in dir(kind) if _is_marked(inspect.getattr_static(kind, name))]


def require_no_import() -> None:
    """Refuse to work while a module is imported for its activities: it would begin again when it has ended.

    Raises:
        SettingsError: one is being imported.
    """
    if _importing:
        raise SettingsError(
            f"the module {_importing[-1]} starts a worker while it is imported, and another would begin when that has "
            'ended. Put run_worker below `if __name__ == "__main__":`.'
        )


def _imported(name: str) -> ModuleType:
    _importing.append(name)
    try:
        return importlib.import_module(name)
    except SettingsError:
        raise
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise SettingsError(
                f"there is no module {error.name}. Start the worker in the folder that holds it, or set PYTHONPATH."
            ) from error
        raise SettingsError(
            f"the module {name} needs {error.name}, which is not installed. Install it in the image."
        ) from error
    except SystemExit as error:
        raise SettingsError(
            f"the module {name} ends the program while it is imported ({_place(error)}). Put what it does as a program "
            'below `if __name__ == "__main__":`.'
        ) from error
    except Exception as error:
        raise SettingsError(
            f"the module {name} cannot be imported: {type(error).__name__}: {error} ({_place(error)}). Correct it "
            "there."
        ) from error
    finally:
        _importing.pop()


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
