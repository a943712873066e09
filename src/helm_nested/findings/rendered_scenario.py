"""A scenario as it is rendered, to see whether a change of its values or its release changes the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helm_nested.engine import Release
from helm_nested.errors import HelmNestedError
from helm_nested.scenario import Scenario
from helm_nested.values import Values
from helm_nested.watchdog import working_on

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# By the template that they come from.
Texts = dict[str, str]


@dataclass(frozen=True)
class RenderedScenario:
    """A scenario's values and texts; without those that no two renders share, and NOTES.txt, which nothing checks."""

    scenario: Scenario
    values: Values
    texts: dict[str, str]
    unstable: frozenset[str]

    def differs(self, engine: InProcessEngine, values: Values, release: Release) -> bool:
        """Whether other texts come of these values and this release.

        Raises:
            HelmNestedError: they are refused.
        """
        with working_on(f"a change of the scenario {self.scenario.name!r}"):
            return stable(_texts(engine, values, release), self.unstable) != self.texts


def rendered_scenarios(
    engine: InProcessEngine, scenarios: Sequence[Scenario], release: Release
) -> Iterator[RenderedScenario]:
    """Every scenario that can be rendered; what is wrong with another one is for `render` to say."""
    for scenario in scenarios:
        try:
            values = engine.merged(scenario.layers)
            texts, unstable = twice(partial(_texts, engine, values, release))
        except HelmNestedError:
            continue
        yield RenderedScenario(scenario, values, texts, unstable)


def twice(render: Callable[[], Texts]) -> tuple[Texts, frozenset[str]]:
    """The texts that two renders share, and the names of the others.

    Random passwords and certificates differ in every render, whatever is changed.
    """
    once, again = render(), render()
    unstable = frozenset(source for source, text in once.items() if again.get(source) != text)
    return stable(once, unstable), unstable


def _texts(engine: InProcessEngine, values: Values, release: Release) -> Texts:
    texts = engine.render_texts(values, release)
    return {source: text for source, text in texts.items() if PurePosixPath(source).name != "NOTES.txt"}


def stable(texts: Texts, sources: frozenset[str]) -> Texts:
    """The texts without those of these names."""
    return {source: text for source, text in texts.items() if source not in sources}
