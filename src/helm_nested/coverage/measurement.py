"""Measuring coverage: which branches Helm gets to, told by branches that fail with a mark.

Helm has no hook for what a template executes, and a mark in the output would change it where the output of one define
is compared, parsed or hashed by another. So every branch that is still open fails at its beginning. The first that is
reached ends the render and names itself; it loses its mark, and the same input is rendered again, until none of the
marks that are left is reached. Until one is, Helm has executed the chart's own text only: all that a mark changes is
where a render ends.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helm_nested.coverage.branch import Branch, branches, marked
from helm_nested.coverage.reason import Reason, reasons
from helm_nested.coverage.trial import Trial
from helm_nested.errors import CannotCheckError, HelmNestedError, RenderError, ValuesError
from helm_nested.watchdog import working_on

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine

_MARK = re.compile(r"helm-nested reached branch (\d+)\.")


@dataclass(frozen=True)
class Measured:
    """One branch: the first input that reached it, or None; and the reason, where one is given for it."""

    branch: Branch
    reached_by: str | None
    reason: str | None

    @property
    def is_open(self) -> bool:
        """Whether nothing reached it, and nobody said why."""
        return self.reached_by is None and self.reason is None


@dataclass(frozen=True)
class Coverage:
    """Every branch of every template, the reasons that hold no longer, and what it took."""

    templates: Mapping[str, tuple[Measured, ...]]
    stale: tuple[Reason, ...]
    inputs: int
    renders: int
    seconds: float
    engine: str
    # How many templates of subcharts nothing is said of.
    left_out: int = 0

    @property
    def measured(self) -> tuple[Measured, ...]:
        """The branches of all templates."""
        return tuple(each for measured in self.templates.values() for each in measured)

    @property
    def is_complete(self) -> bool:
        """Whether every branch is reached or has a reason, and every reason holds."""
        return not self.stale and not any(each.is_open for each in self.measured)


def measure(
    engine: InProcessEngine,
    trials: Sequence[Trial],
    progress: Callable[[int], None] = lambda _: None,
) -> Coverage:
    """Which branches of the chart's templates the trials reach; `progress` is told how many trials are done.

    Raises:
        ChartError: a template's blocks are not balanced.
        CannotCheckError: what should be rendered is refused; the text says which input.
    """
    started = time.perf_counter()
    texts = engine.templates()
    found = {template: branches(template, text) for template, text in sorted(texts.items())}
    search = _Search(engine, texts, [branch for each in found.values() for branch in each])
    tried = 0
    for tried, trial in enumerate(trials, start=1):
        with working_on(trial.name):
            search.run(trial)
        progress(tried)
        if not search.open:
            break
    templates, stale = _with_reasons(found, texts, search.reached)
    return Coverage(
        templates,
        stale,
        tried,
        search.renders,
        time.perf_counter() - started,
        engine.description,
        engine.subchart_templates,
    )


class _Search:
    """The branches that nothing has reached yet, and an engine in which each of them fails."""

    def __init__(self, engine: InProcessEngine, texts: Mapping[str, str], found: Iterable[Branch]) -> None:
        self._engine = engine
        self._texts = texts
        self._branches = list(found)
        self.open = {branch: f"helm-nested reached branch {number}." for number, branch in enumerate(self._branches)}
        self.reached: dict[Branch, str] = {}
        self.renders = 0
        self._marked = engine.with_templates({template: self._marked_text(template) for template in texts})

    def run(self, trial: Trial) -> None:
        """Note every open branch that this input reaches."""
        try:
            self._engine.require_acceptable(trial.values, trial.release)
        except (RenderError, ValuesError) as error:
            if trial.is_fit:
                raise _not_rendered(trial, error) from error
            return  # what no template sees reaches nothing; that it is refused by the chart is for `check` to say
        values = json.dumps(trial.values)
        while (branch := self._first_reached(trial, values)) is not None:
            del self.open[branch]
            self.reached[branch] = trial.name
            self._marked = self._marked.with_templates({branch.template: self._marked_text(branch.template)})

    def _first_reached(self, trial: Trial, values: str) -> Branch | None:
        self.renders += 1
        try:
            self._marked.render_bare(values, trial.release)
        except RenderError as error:
            found = _MARK.search(str(error))
            if found is not None:
                return self._branches[int(found[1])]
            if trial.is_fit:
                raise _not_rendered(trial, error) from error
        return None

    def _marked_text(self, template: str) -> str:
        marks = {branch: mark for branch, mark in self.open.items() if branch.template == template}
        return marked(self._texts[template], marks)


def _not_rendered(trial: Trial, error: HelmNestedError) -> CannotCheckError:
    return CannotCheckError(f"{trial.name} could not be rendered: {error}")


def _with_reasons(
    found: Mapping[str, Sequence[Branch]], texts: Mapping[str, str], reached: Mapping[Branch, str]
) -> tuple[dict[str, tuple[Measured, ...]], tuple[Reason, ...]]:
    """Each branch with what reached it and the reason given for it; and the reasons that hold no longer."""
    templates: dict[str, tuple[Measured, ...]] = {}
    stale: list[Reason] = []
    for template, each in found.items():
        unreached = [branch for branch in each if branch not in reached]
        explained: dict[Branch, str] = {}
        for reason in reasons(template, texts[template], each):
            own = reason.explained(unreached)
            explained |= dict.fromkeys(own, reason.text)
            if not own:
                stale.append(reason)
        templates[template] = tuple(Measured(branch, reached.get(branch), explained.get(branch)) for branch in each)
    return templates, tuple(stale)
