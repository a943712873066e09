"""Values that change the output but that no axis varies: a hole in the matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.findings.finding import Finding
from helm_nested.matrix.axes import Matrix
from helm_nested.scenario import Scenario
from helm_nested.values import Values, merge

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

Path = tuple[str, ...]


def unvaried_values(
    matrix: Matrix, engine: InProcessEngine, scenarios: Sequence[Scenario], release: Release
) -> list[Finding]:
    """A finding for each leaf of the chart's default values that changes some scenario and that no choice sets."""
    defaults = engine.default_values()
    varied = {path for axis in matrix.axes for choice in axis.choices for path in leaves(choice.values)}
    open_leaves = [
        (path, value)
        for path, value in _with_values(defaults)
        if not any(path[: len(each)] == each or each[: len(path)] == path for each in varied)
    ]
    found = []
    for path, value in open_leaves:
        for scenario in scenarios:
            try:
                values = engine.merged(scenario.layers)
                before = engine.render_texts(values, release)
                after = engine.render_texts(merge(values, _nested(path, perturbed(value))), release)
            except HelmNestedError:
                continue
            if before != after:
                found.append(_finding(path, perturbed(value), scenario))
                break
    return found


def leaves(values: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - any YAML
    """The path of every scalar, list, null or empty map."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, (*path, str(key)))
    elif path:
        yield path


def perturbed(value: Any) -> Any:  # noqa: ANN401 - any YAML
    """Another value of the same type: the other boolean, the next number, a longer text."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return [*value, *value[-1:]]
    return f"{value or ''}x"


def _with_values(values: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - any YAML
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from _with_values(value, (*path, str(key)))
    elif path:
        yield path, values


def _nested(path: Path, value: Any) -> Values:  # noqa: ANN401 - any YAML
    for key in reversed(path):
        value = {key: value}
    result: Values = value
    return result


def _finding(path: Path, value: Any, scenario: Scenario) -> Finding:  # noqa: ANN401 - any YAML
    return Finding.of_values(
        "unvaried-value",
        "A value that changes what is rendered is varied by an axis, else its combinations go unseen.",
        ".".join(path),
        f"changing it changes what the scenario {scenario.name!r} renders, and no axis of the matrix sets it",
        _nested(path, value),
    )
