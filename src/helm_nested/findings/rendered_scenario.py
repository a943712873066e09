"""A scenario or a combination as it is rendered, to see whether other values or another release change it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helm_nested.engine import Release
from helm_nested.engine.release_map import ReleaseMap
from helm_nested.errors import HelmNestedError
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import described
from helm_nested.scenario import Scenario
from helm_nested.values import Values
from helm_nested.watchdog import working_on

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

# By the template that they come from.
Texts = dict[str, str]
# What of a line is the same in every render: what stands before and behind the random words, or all of it.
_Line = tuple[str, str | None]
_BEFORE, _BEHIND = re.compile(r"[^\W_]*\Z"), re.compile(r"\A[^\W_]*")


@dataclass(frozen=True)
class RenderedTwice:
    """The texts of a render, and of those that differ in the next one, as random passwords do, what they share.

    A random text that has another number of lines each time shares nothing that is known.
    """

    texts: Texts
    random: Mapping[str, Sequence[_Line] | None]

    def differs(self, found: Texts) -> bool | None:
        """Whether other texts than these were found; None if that cannot be told of one that is random."""
        changed = self.changed(found)
        return None if changed is None else bool(changed)

    def changed(self, found: Texts) -> Sequence[str] | None:
        """The templates of which other texts than these were found; None if there is none of which that is certain."""
        verdicts = {source: self._differs(source, found) for source in sorted({*found, *self.texts})}
        changed = [source for source, differs in verdicts.items() if differs]
        return None if not changed and None in verdicts.values() else changed

    def _differs(self, source: str, found: Texts) -> bool | None:
        if source not in found or source not in self.texts:
            return True
        lines = self.random.get(source, ())
        return found[source] != self.texts[source] if lines == () else _differs(lines, found[source])


@dataclass(frozen=True)
class RenderedScenario:
    """Its name in words, values, release, and its texts without NOTES.txt, which nothing checks.

    Of a combination `release_map` is what its choices say of the release.
    """

    words: str
    values: Values
    release: Release
    rendered: RenderedTwice
    release_map: ReleaseMap = field(default_factory=dict)

    def differs(self, engine: InProcessEngine, values: Values, release: Release) -> bool | None:
        """Whether other texts come of these values and this release; None if that cannot be told.

        Raises:
            HelmNestedError: they are refused.
        """
        changed = self.changed(engine, values, release)
        return None if changed is None else bool(changed)

    def changed(self, engine: InProcessEngine, values: Values, release: Release) -> Sequence[str] | None:
        """The templates of which other texts come of these values and this release; None if that cannot be told.

        Raises:
            HelmNestedError: they are refused.
        """
        with working_on(f"a change of {self.words}"):
            changed = self.rendered.changed(_texts(engine, values, release))
            # What comes of the time of day is other texts after a while.
            if changed and self.rendered.differs(_texts(engine, self.values, self.release)):
                return None
            return changed


def rendered_scenarios(
    engine: InProcessEngine, scenarios: Sequence[Scenario], release: Release
) -> Iterator[RenderedScenario]:
    """Every scenario that can be rendered; what is wrong with another one is for `render` to say."""
    for scenario in scenarios:
        try:
            values = engine.merged(scenario.layers)
            rendered = twice(partial(_texts, engine, values, release))
        except HelmNestedError:
            continue
        yield RenderedScenario(f"the scenario {scenario.name!r}", values, release, rendered)


def rendered_combinations(
    engine: InProcessEngine, matrix: Matrix, rows: Sequence[Combination], release: Release
) -> Iterator[RenderedScenario]:
    """Every combination of these that can be rendered; what is wrong with another one is told elsewhere."""
    for row in rows:
        values, own = matrix.values(row), matrix.release(row, release)
        try:
            rendered = twice(partial(_texts, engine, values, own))
        except HelmNestedError:
            continue
        yield RenderedScenario(described(matrix, row), values, own, rendered, matrix.release_map(row))


def twice(render: Callable[[], Texts]) -> RenderedTwice:
    """The texts of a render, and what those of them that are random share with the next render."""
    once, again = render(), render()
    random = {
        source: _shared(text, again[source])
        for source, text in once.items()
        if source in again and again[source] != text
    }
    return RenderedTwice(once, random)


def _texts(engine: InProcessEngine, values: Values, release: Release) -> Texts:
    texts = engine.render_texts(values, release)
    return {source: text for source, text in texts.items() if PurePosixPath(source).name != "NOTES.txt"}


def _shared(once: str, again: str) -> Sequence[_Line] | None:
    pairs = list(zip_longest(once.split("\n"), again.split("\n")))
    return None if any(None in pair for pair in pairs) else [_line(*pair) for pair in pairs]


def _line(once: str, again: str) -> _Line:
    if once == again:
        return once, None
    # Random words may begin alike by chance, so all of a word is left out.
    before = _BEFORE.sub("", _beginning(once, again))
    behind = _beginning(once[len(before) :][::-1], again[len(before) :][::-1])[::-1]
    return before, _BEHIND.sub("", behind)


def _beginning(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    return one[: next((number for number, (own, its) in enumerate(pairs) if own != its), min(len(one), len(other)))]


def _differs(lines: Sequence[_Line] | None, text: str) -> bool | None:
    if lines is None:
        return None
    found = text.split("\n")
    return len(found) != len(lines) or not all(
        line == before if behind is None else line.startswith(before) and line[len(before) :].endswith(behind)
        for line, (before, behind) in zip(found, lines, strict=True)
    )
