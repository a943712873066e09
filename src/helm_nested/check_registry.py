"""All checks: those that come with the harness, and the user's own."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import helm_nested.checks
from helm_nested.checking.model import Check
from helm_nested.errors import ConfigurationError
from nested_templates.own_code import load_module

_HOW = "Write in it:\n    CHECK = helm_nested.checks.Check(name=..., scope=..., message=..., run=..., ...)"


def load_checks(extra_modules: Iterable[str] = ()) -> list[Check]:
    """Every built-in check by name, then those of the user's modules: dotted names, or paths of .py files.

    Raises:
        ConfigurationError: there is no such module, it fails, it holds no check, or a name is taken.
    """
    checks = _built_in()
    for module in extra_modules:
        for check in _checks_of(load_module(module, f"the checks of {module}", Path()), module):
            if any(check.name == other.name for other in checks):
                raise ConfigurationError(
                    f"the checks of {module}: there is a check {check.name!r} already. Rename this one."
                )
            checks.append(check)
    return checks


def _built_in() -> list[Check]:
    modules = [
        importlib.import_module(f"{helm_nested.checks.__name__}.{each.name}")
        for each in pkgutil.iter_modules(helm_nested.checks.__path__)
    ]
    # What a check here says of a problem comes before what a program says of the same one: it has advice.
    return sorted((module.CHECK for module in modules), key=lambda check: (bool(check.needs), check.name))


def _checks_of(module: ModuleType, where: str) -> list[Check]:
    if hasattr(module, "CHECKS"):
        checks = module.CHECKS
    elif hasattr(module, "CHECK"):
        checks = [module.CHECK]
    else:
        raise ConfigurationError(f"the checks of {where}: it has neither CHECK nor CHECKS. {_HOW}")
    if not isinstance(checks, list | tuple) or not checks or not all(isinstance(each, Check) for each in checks):
        raise ConfigurationError(f"the checks of {where}: CHECK or CHECKS is not a check or a list of checks. {_HOW}")
    return list(checks)
