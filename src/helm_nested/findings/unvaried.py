"""Values that change the output but that no axis varies: a hole in the matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.findings.finding import Finding
from helm_nested.findings.rendered_scenario import RenderedScenario
from helm_nested.matrix.axes import Matrix
from helm_nested.values import Values, merge
from nested_templates.document_path import join

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

Path = tuple[str, ...]

WITHOUT_EFFECT = "value-without-effect"
WITHOUT_EFFECT_RULE = (
    "A value of values.yaml, or of a choice of the matrix, changes what is rendered; otherwise no template reads it "
    "by that name, or what a template does with it was not seen."
)

_CHANGES = "changing it changes what {} renders, and no axis of the matrix sets it"
_UNTRIED = (
    "no other value that could be thought of is accepted, so whether it changes anything could not be checked: "
    "set it in an axis of the matrix"
)


def unvaried_values(
    matrix: Matrix,
    engine: InProcessEngine,
    own: Mapping[Path, Any],
    rendered: Sequence[RenderedScenario],
    release: Release,
    effect: Callable[[Path, Sequence[object]], str | None],
) -> list[Finding]:
    """A finding for each leaf of the chart's `own` values that changes what is rendered and that no choice sets.

    A leaf of which no other value is accepted anywhere is a finding as well: nobody knows what it changes. Of one that
    changes no scenario `effect` tells the combination that it changes; if it changes none that is a finding too.
    """
    varied = {path for axis in matrix.axes for choice in axis.choices for path in leaves(choice.values)}
    found = []
    for path, value in own.items():
        if any(path[: len(each)] == each or each[: len(path)] == path for each in varied):
            continue
        others = list(other_values(value, engine.words(path)))
        tried = is_random = False
        for scenario, other in ((scenario, other) for scenario in rendered for other in others):
            try:
                differs = scenario.differs(engine, merge(scenario.values, _nested(path, other)), release)
            except HelmNestedError:
                continue
            tried, is_random = True, is_random or differs is None
            if differs:
                found.append(_finding(path, other, _CHANGES.format(scenario.words)))
                break
        else:
            if rendered and not tried:
                found.append(_finding(path, value, _UNTRIED))
            elif tried and not is_random:
                combination = effect(path, others)
                found.append(
                    _without_effect(path, value)
                    if combination is None
                    else _finding(path, others[0], _CHANGES.format(combination))
                )
    return found


def leaves(values: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - any YAML
    """The path of every scalar, list, null or empty map."""
    return (each for each, _ in leaves_with_values(values, path))


def other_values(value: Any, words: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401 - any YAML
    """Values to put in the place of one: the other `words`, if only these are allowed, or others of its kind."""
    if words:
        yield from (word for word in words if word != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        # What is checked for its sign, or capped, shows itself only far away; farther, and loops would take too long.
        yield from (value + 1, value - 1, 0, -1, 1000)
    elif isinstance(value, str):
        yield from (f"{value}x", "x", "1")
    elif isinstance(value, list) and value:
        yield from ([*value, value[-1]], value[:-1])
    elif isinstance(value, list):
        yield from (["x"], [{"name": "x"}], [1])
    elif isinstance(value, dict):
        yield from ({"x": "x"}, {"x": 1})
    else:
        yield from ("x", 1, True, ["x"], {"x": "x"})


def leaves_with_values(values: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - any YAML
    """The same with what stands there."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves_with_values(value, (*path, str(key)))
    elif path:
        yield path, values


def _nested(path: Path, value: Any) -> Values:  # noqa: ANN401 - any YAML
    for key in reversed(path):
        value = {key: value}
    result: Values = value
    return result


def _without_effect(path: Path, value: Any) -> Finding:  # noqa: ANN401 - any YAML
    return Finding.of_values(
        WITHOUT_EFFECT,
        WITHOUT_EFFECT_RULE,
        join("", path),
        "changing it changes nothing, in any scenario and in any combination that was tried",
        _nested(path, value),
    )


def _finding(path: Path, value: Any, message: str) -> Finding:  # noqa: ANN401 - any YAML
    return Finding.of_values(
        "unvaried-value",
        "A value that changes what is rendered is varied by an axis, else its combinations go unseen.",
        join("", path),
        message,
        _nested(path, value),
    )
