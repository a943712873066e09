"""Dialects: the ways in which service templates are filled, behind one protocol."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nested_templates.dialect.function_dialect import FunctionDialect
from nested_templates.dialect.protocol import Dialect, MissingArgumentError, Placeholder
from nested_templates.dialect.string_template import StringTemplateDialect, parse
from nested_templates.errors import ConfigurationError
from nested_templates.own_code import is_named, load_named
from nested_templates.suggestion import did_you_mean

__all__ = ["STRING_TEMPLATE", "Dialect", "MissingArgumentError", "Placeholder", "open_dialect", "parse"]

STRING_TEMPLATE = StringTemplateDialect()
JINJA2 = "jinja2"


def open_dialect(
    name: str, where: str, folder: Path, *, filters: str | None = None, variables: str | None = None
) -> Dialect:
    """The dialect of that name; `where` is the configuration's entry, `folder` where files of the user's own are.

    `filters` and `variables` name dicts of the user's own; the configuration calls the latter `globals`.

    Raises:
        ConfigurationError: there is no such dialect, or what it needs of the user's cannot be had.
    """
    if name == JINJA2:
        from nested_templates.dialect.jinja2_dialect import (
            Jinja2Dialect,  # 20 ms that only those who use it should wait
        )

        return Jinja2Dialect(
            filters=_functions(filters, f"{where}.filters", folder),
            variables=_dict(variables, f"{where}.globals", folder),
        )
    if name != STRING_TEMPLATE.name and not is_named(name):
        raise ConfigurationError(
            f"{where}.dialect: {name!r} is not a known dialect. {did_you_mean(name, (STRING_TEMPLATE.name, JINJA2))}"
            " A function of your own is named package.module:function or path/to/file.py:function."
        )
    for given, key in ((filters, "filters"), (variables, "globals")):
        if given is not None:
            raise ConfigurationError(
                f"{where}.{key}: only the dialect jinja2 has {key}, not {name}. Remove it, or write 'dialect: jinja2'."
            )
    if name == STRING_TEMPLATE.name:
        return STRING_TEMPLATE
    return _function(name, f"{where}.dialect", folder)


def _function(name: str, where: str, folder: Path) -> Dialect:
    function = load_named(name, where, folder)
    if not callable(function):
        raise ConfigurationError(
            f"{where}: {name} is of type {type(function).__name__}, not a function. Name a function (text, arguments)."
        )
    _require_answer(function, f"{where}: {name}")
    try:
        inspect.signature(function).bind("", {})
    except TypeError as error:
        raise ConfigurationError(
            f"{where}: {name} does not take (text, arguments): {error}. Write 'def {name.rpartition(':')[2]}(text, "
            "arguments):'."
        ) from error
    except ValueError:
        pass  # some functions written in C do not say what they take
    return FunctionDialect(name, function)


def _functions(name: str | None, where: str, folder: Path) -> Mapping[str, Any]:
    functions = _dict(name, where, folder)
    for each, function in functions.items():
        if not callable(function):
            raise ConfigurationError(
                f"{where}: {name}: {each!r} is of type {type(function).__name__}, not a function. Correct it there."
            )
    return functions


def _require_answer(function: object, what: str) -> None:
    """Accept what gives an answer when it is called, and not the promise of one: a template would show that instead."""
    if inspect.iscoroutinefunction(function):
        raise ConfigurationError(f"{what} is async, and nothing waits for it here. Write 'def' without 'async'.")


def _dict(name: str | None, where: str, folder: Path) -> Mapping[str, Any]:
    if name is None:
        return {}
    found = load_named(name, where, folder)
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"{where}: {name} is of type {type(found).__name__}, not a dict. Write one there, by name."
        )
    for each, value in found.items():
        if not isinstance(each, str):
            raise ConfigurationError(f"{where}: {name}: the name {each!r} is not a text. Put it in quotes there.")
        _require_answer(value, f"{where}: {name}: {each!r}")
    return found
