"""What a property must not be: something that could break its promise without anybody hearing of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator

_HOW = "A property says what must hold with 'assert', and returns nothing."


def silent(function: Callable[..., object]) -> str | None:
    """Why what the function finds would go unheard, as far as that can be told before it runs."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async, and nothing awaits it, so its body would never run. Write 'def', not 'async def'."
    if inspect.isgeneratorfunction(function):
        return f"yields, so its body would never run. {_HOW} Remove the 'yield'."
    value = _returned(function)
    if value is not None:
        return f"returns {value}, which nobody looks at. {_HOW} Write 'assert' in place of 'return'."
    return None


def given_back(value: object) -> str:
    """What is wrong with a property that gave a value back when it ran."""
    if inspect.iscoroutine(value):
        value.close()  # else Python warns of it much later
    return f"returned a {type(value).__name__}, which nobody looks at. {_HOW}"


def _returned(function: Callable[..., object]) -> str | None:
    """The text of a value that the function itself returns; a decorator may do what it wants with one."""
    if hasattr(function, "__wrapped__"):
        return None
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return None  # seen when it runs
    if not isinstance(tree, ast.FunctionDef):
        return None
    for node in _statements(tree):
        if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            return ast.unparse(node.value)
    return None


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that belongs to the function itself, and not to one inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _statements(child)
