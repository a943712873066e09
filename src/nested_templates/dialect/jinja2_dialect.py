"""The dialect `jinja2`: Jinja2 in a sandbox, where every name must be known."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.defaults import DEFAULT_NAMESPACE
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nested_templates.dialect.protocol import MissingArgumentError, Placeholder
from nested_templates.errors import FillError
from nested_templates.suggestion import did_you_mean

# What Jinja2 calls the template's own lines in a traceback.
_FILE = "<service template>"
_UNDEFINED_NAME = re.compile(r"'(\w+)' is undefined")


class Undefined(StrictUndefined):
    """What a name or a key stands for that is not there: any use of it fails, with the nearest key that is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        said = super()._undefined_message
        if isinstance(self._undefined_obj, Mapping) and self._undefined_obj:
            return f"{said}. {did_you_mean(str(self._undefined_name), map(str, self._undefined_obj))}".removesuffix(".")
        return said


@dataclass(frozen=True)
class _Parsed:
    template: Template
    placeholders: tuple[Placeholder, ...]


class Jinja2Dialect:
    """Arguments are variables; filters and globals of the user's own are added to Jinja2's."""

    name = "jinja2"
    native = True

    def __init__(self, filters: Mapping[str, Callable[..., Any]], variables: Mapping[str, Any]) -> None:
        # What comes out is YAML: escaping it for HTML would break it.
        self._environment = ImmutableSandboxedEnvironment(
            undefined=Undefined, autoescape=False, keep_trailing_newline=True
        )
        self._environment.filters.update(filters)
        self._environment.globals.update(variables)
        # Jinja2's own globals are functions. What is not called is meant as an argument, for example `namespace`.
        self._own = DEFAULT_NAMESPACE.keys() - variables.keys()
        self._strict = self._environment.overlay()
        self._strict.globals = dict(variables)
        # A template is parsed once, and filled with every argument set.
        self._parse = lru_cache(maxsize=4096)(self._parse_text)

    def placeholders(self, text: str, where: str) -> Sequence[Placeholder]:
        """Every use of a name that the template does not set itself, and that is no global or not used as one.

        Raises:
            FillError: the text is no Jinja2 template, or uses an unknown filter or test.
        """
        return self._parse(text, where).placeholders

    def written(self, name: str) -> str:
        """How a placeholder of that name is written."""
        return f"{{{{ {name} }}}}"

    def fill(self, text: str, where: str, arguments: Mapping[str, object]) -> str:
        """The template filled.

        Raises:
            MissingArgumentError: it uses an argument that is not there.
            FillError: it is no Jinja2 template, or rendering it fails.
        """
        parsed = self._parse(text, where)
        absent = {
            each.name: self._environment.undefined(name=each.name)
            for each in parsed.placeholders
            if each.name in self._own and each.name not in arguments
        }
        try:
            return parsed.template.render({**arguments, **absent})
        except (Exception, SystemExit) as error:
            line = _line(error)
            missing = _missing(error, line, parsed.placeholders, arguments)
            if missing is not None:
                raise MissingArgumentError(missing, line) from error
            raise FillError(_said(error, text, where, line)) from error

    def _parse_text(self, text: str, where: str) -> _Parsed:
        try:
            tree = self._strict.parse(text)
            self._refuse_unknown(tree, text, where)
            asked = meta.find_undeclared_variables(tree)
            code = self._environment.compile(text, filename=_FILE)
        except TemplateSyntaxError as error:
            line = min(error.lineno, text.count("\n") + 1)
            raise FillError(
                f"{_place(where, line)}: Jinja2 does not understand this: {error.message}"
                f"{_shown(text, line)}\nCorrect this line."
            ) from error
        except RecursionError as error:
            raise FillError(f"{_place(where, 1)}: the template is nested too deeply to be read. Split it.") from error
        template = Template.from_code(self._environment, code, self._environment.make_globals(None))
        called = {id(call.node) for call in tree.find_all(nodes.Call)}
        # What looks behind a function means the function; the sandbox refuses it.
        called |= {id(inside.node) for inside in tree.find_all(nodes.Getattr) if inside.attr.startswith("_")}
        uses = [
            Placeholder(node.name, node.lineno)
            for node in tree.find_all(nodes.Name)
            if node.name in asked and node.ctx == "load" and not (node.name in self._own and id(node) in called)
        ]
        return _Parsed(template, tuple(sorted(uses, key=lambda use: use.line)))

    def _refuse_unknown(self, tree: nodes.Template, text: str, where: str) -> None:
        # Jinja2 itself passes over an unknown filter in a branch that is not taken.
        for kind, known in ((nodes.Filter, self._environment.filters), (nodes.Test, self._environment.tests)):
            for node in tree.find_all(kind):
                if node.name not in known:
                    raise FillError(
                        f"{_place(where, node.lineno)}: there is no {kind.__name__.lower()} {node.name!r}:"
                        f"{_shown(text, node.lineno)}\n{did_you_mean(node.name, known)} "
                        "Correct the name, or add it to 'filters' in the configuration."
                    )
        for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            raise FillError(
                f"{_place(where, other.lineno)}: no other template can be read here:{_shown(text, other.lineno)}\n"
                "Write out what it should bring, or name a function of your own as dialect."
            )


def _line(error: BaseException) -> int | None:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _FILE]
    return lines[-1] if lines else None


def _missing(
    error: BaseException, line: int | None, placeholders: Sequence[Placeholder], arguments: Mapping[str, object]
) -> str | None:
    """The argument whose absence is the reason, if that is the reason."""
    absent = [each for each in placeholders if each.name not in arguments]
    if isinstance(error, UndefinedError):
        match = _UNDEFINED_NAME.fullmatch(str(error.message))
        return match[1] if match and any(each.name == match[1] for each in absent) else None
    # A filter of the user's own is given what is undefined, and fails in words of its own.
    return next((each.name for each in absent if each.line == line and "Undefined" in str(error)), None)


def _said(error: BaseException, text: str, where: str, line: int | None) -> str:
    shown = _shown(text, line)
    if isinstance(error, SecurityError):
        return (
            f"{_place(where, line)}: the sandbox refuses this: {error.message}{shown}\n"
            "A template may use what it is given, not what is behind it. Remove this."
        )
    said = str(error.message) if isinstance(error, UndefinedError) else f"{type(error).__name__}: {error}"
    return f"{_place(where, line)}: {said}{shown}\nCorrect this line, or the argument that it uses."


def _place(where: str, line: int | None) -> str:
    return where if line is None else f"{where}, line {line}"


def _shown(text: str, line: int | None) -> str:
    """The line, indented below a message."""
    lines = text.split("\n")
    content = lines[line - 1].strip() if line is not None and line <= len(lines) else ""
    return f"\n    {content[:200]}" if content else ""
