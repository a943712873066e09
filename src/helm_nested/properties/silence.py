"""What a property must not be: something that could break its promise without anybody hearing of it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator

_HOW = "A property says what must hold with 'assert', and returns nothing."
# What Python's own functions answer with yes or no.
_ANSWERS = ("all", "any", "bool", "callable", "isinstance")


def silent(function: Callable[..., object]) -> str | None:
    """Why what the function finds would go unheard, as far as that can be told before it runs."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is async, and nothing awaits it, so its body would never run. Write 'def', not 'async def'."
    if inspect.isgeneratorfunction(function):
        return f"yields, so its body would never run. {_HOW} Remove the 'yield'."
    tree = _tree(function)
    if tree is None:
        return None  # seen when it runs
    value = _returned(tree)
    if value is not None:
        return f"returns {value}, which nobody looks at. {_HOW} Write 'assert' in place of 'return'."
    value = _found(tree)
    if value is not None:
        return f"finds {value}, which nobody looks at. {_HOW} Write 'assert' before it."
    body = (node for statement in tree.body for node in ast.walk(statement))
    if not any(isinstance(node, ast.Assert | ast.Raise | ast.Call) for node in body):
        return f"asserts nothing, so it could never fail. {_HOW} Add an 'assert'."
    return None


def given_back(value: object) -> str:
    """What is wrong with a property that gave a value back when it ran."""
    if inspect.iscoroutine(value):
        value.close()  # else Python warns of it much later
    return f"returned a {type(value).__name__}, which nobody looks at. {_HOW}"


def _tree(function: Callable[..., object]) -> ast.FunctionDef | None:
    """The function's own text, if it is known; a decorator may do what it wants with it."""
    if hasattr(function, "__wrapped__"):
        return None
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    return tree if isinstance(tree, ast.FunctionDef) else None


def _returned(tree: ast.FunctionDef) -> str | None:
    """The text of a value that the function itself returns."""
    for node in _statements(tree):
        if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
            return ast.unparse(node.value)
    return None


def _found(tree: ast.FunctionDef) -> str | None:
    """The text of a line of the function that is a comparison or another answer, and nothing is done with it."""
    for node in _statements(tree):
        if isinstance(node, ast.Expr) and _answers(node.value):
            return ast.unparse(node.value)
    return None


def _answers(value: ast.expr) -> bool:
    is_called = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in _ANSWERS
    return is_called or isinstance(value, ast.Compare | ast.BoolOp | ast.UnaryOp)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All that belongs to the function itself, and not to one inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _statements(child)
