"""One mutant put to the test: rendered, its properties run, its documents checked, and compared if it survives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.chart import load_chart
from helm_nested.chart_definitions import installed_files, with_own_definitions
from helm_nested.check_registry import load_checks
from helm_nested.corpus import Corpus, build_corpus
from helm_nested.engine import open_in_process
from helm_nested.errors import CannotCheckError, ChartError, RenderError
from helm_nested.findings.acceptance import Acceptance
from helm_nested.findings.inspection import Inspector
from helm_nested.findings.refusal import Refusal, unrefused
from helm_nested.matrix.combinations import combinations
from helm_nested.mutation.effect import Comparison
from helm_nested.mutation.original import Inputs, Module, Original, corpus_digest, outcome, release_of
from helm_nested.mutation.result import Effect, Killer, Result
from helm_nested.properties.project import Project

if TYPE_CHECKING:
    from helm_nested.configuration import Configuration
    from helm_nested.engine.in_process import InProcessEngine

# The name of what notices an input that is not refused any more, before the input's own.
REFUSED = "refused-input:"
# What Helm says of a template whose syntax it does not understand (text/template's Parse, by way of Helm's engine).
_UNPARSABLE = "parse error at"
_PIPELINE = "A service template can be filled, and what comes out is YAML."


@dataclass(frozen=True)
class Order:
    """What a mutant meets, and what first.

    Attributes:
        first: names of tests, checks and refused inputs that killed its neighbours.
        skip: test modules that have seen this mutant before and let it live.
        checks: whether the checks are to be run; not if they have seen it before.
        excused: whether a reason says that it changes nothing: if that is so, nobody could notice it.
    """

    first: Sequence[str]
    skip: frozenset[str]
    checks: bool
    excused: bool = False


class Trial:
    """One mutated chart in this process, which is used for nothing else afterwards.

    `run_test` runs the test with the first id, before the one with the second, and gives what it says if it fails;
    `tell` is told the mutant's own project before any test is run.
    """

    def __init__(
        self,
        configuration: Configuration,
        chart: Path,
        promises: Mapping[str, str],
        run_test: Callable[[str, str | None], str | None],
        tell: Callable[[Project], None],
    ) -> None:
        self._configuration = configuration
        self._chart = chart
        self._promises = promises
        self._run_test = run_test
        self._tell = tell
        self._inputs = Inputs(configuration)

    def run(self, order: Order, original: Original, pristine: Path) -> Result:
        """What becomes of the mutant; compared with the chart at `pristine` should it survive."""
        started = time.perf_counter()

        def seconds() -> float:
            return time.perf_counter() - started

        try:
            engine = open_in_process(load_chart(self._chart))
            corpus = self._corpus(engine)
        except ChartError as error:
            return Result("invalid", None, str(error), (), seconds())
        except RenderError as error:
            if _UNPARSABLE in str(error):
                return Result("invalid", None, str(error), (), seconds())
            return Result("killed", _not_rendered(str(error)), "", (), seconds())
        except CannotCheckError as error:
            return Result("killed", _not_rendered(str(error)), "", (), seconds())
        if order.excused and not self._effects(engine, original, pristine):
            return Result("survived", None, "", (), seconds(), is_excused=True)
        self._tell(self.project(corpus))
        killer = next(self._killers(order, original, corpus, engine), None)
        if killer is not None:
            return Result("killed", killer, "", (), seconds())
        return Result("survived", None, "", self._effects(engine, original, pristine), seconds())

    def wrong_as_it_is(self) -> Killer | None:
        """What the checks say of the chart without a change."""
        engine = open_in_process(load_chart(self._chart))
        corpus = self._corpus(engine)
        return next(iter([*self._checked(corpus), *self._accepted(self._inputs.refusals, engine)]), None)

    def original(self) -> tuple[str, dict[str, str]]:
        """The digests of the corpus, and of what every input leads to."""
        engine = open_in_process(load_chart(self._chart))
        return corpus_digest(self._corpus(engine)), self._inputs.outcomes(engine)

    def project(self, corpus: Corpus | None = None) -> Project:
        """The project of this chart, its corpus built in memory."""
        chart = load_chart(self._chart)
        return Project(
            self._configuration,
            chart,
            "2",
            self._inputs.matrix,
            corpus or self._corpus(open_in_process(chart)),
            self._inputs.contract,
            self._inputs.argument_sets,
            explains=False,  # that it fails is enough, and an explanation costs more renders
        )

    def _corpus(self, engine: InProcessEngine) -> Corpus:
        configuration, matrix = self._configuration, self._inputs.matrix
        rows = combinations(matrix, "2", configuration.cache)
        # The error of the first one is wanted as it is.
        engine.render_texts(matrix.values(rows[0]), matrix.release(rows[0], configuration.release))
        # A key that stands twice is found by a check, which names what is broken.
        return build_corpus(
            engine, matrix, rows, configuration.release, configuration.selectors, takes_duplicate_keys=True
        )

    def _killers(self, order: Order, original: Original, corpus: Corpus, engine: InProcessEngine) -> Iterator[Killer]:
        """Everything that notices, what noticed neighbours first."""
        if order.checks:
            named = [each for each in self._inputs.refusals if f"{REFUSED}{each.name}" in order.first]
            yield from self._accepted(named, engine)
        modules = [module for name, module in original.modules.items() if name not in order.skip]
        tests = {test for module in modules for test in module.tests}
        early = [name for name in order.first if name in tests]
        yield from self._failing(early)
        if order.checks:
            if corpus_digest(corpus) != original.corpus:
                yield from self._checked(corpus)
            yield from self._accepted(self._inputs.refusals, engine)
        same: dict[str, bool] = {}
        for module in modules:
            if module.reads or self._differs(module, original, engine, same):
                yield from self._failing([test for test in module.tests if test not in early])

    def _differs(self, module: Module, original: Original, engine: InProcessEngine, same: dict[str, bool]) -> bool:
        """Whether any render of the module gives something else than before."""
        for key in module.renders:
            if key not in same:
                values, release, digest = original.renders[key]
                same[key] = outcome(engine, values, release_of(release)) == digest
            if not same[key]:
                return True
        return False

    def _failing(self, tests: Sequence[str]) -> Iterator[Killer]:
        for test, following in pairwise([*tests, None]):
            if test is not None:
                said = self._run_test(test, following)
                if said is not None:
                    yield Killer("property", test, self._promises[test], said)

    def _accepted(self, refusals: Sequence[Refusal], engine: InProcessEngine) -> Iterator[Killer]:
        """Inputs that are not refused any more, or in other words."""
        for refusal in refusals:
            for finding in unrefused([refusal], engine, self._configuration.release):
                yield Killer("check", f"{REFUSED}{refusal.name}", finding.rule, finding.message)

    def _checked(self, corpus: Corpus) -> Iterator[Killer]:
        """What the checks find that nobody accepted."""
        configuration = self._configuration
        checks = load_checks(configuration.check_modules)
        rules = {check.name: check.message for check in checks}
        inspector = Inspector(
            checks,
            with_own_definitions(
                configuration.claims, installed_files(self._chart), chain.from_iterable(corpus.objects.values())
            ),
            self._inputs.contract,
            self._inputs.argument_sets,
            configuration,
            self._inputs.matrix,
            processes=False,  # other mutants are tried at the same time
        )
        acceptance = Acceptance(configuration.accepted, rules)
        for failure in inspector.inspect(corpus, []):
            if not acceptance.covers(failure):
                said = f"{failure.place.slot}: {failure.problem.path}: {failure.problem.message}"
                yield Killer("check", failure.check, rules.get(failure.check, _PIPELINE), said)

    def _effects(self, engine: InProcessEngine, original: Original, pristine: Path) -> tuple[Effect, ...]:
        def before() -> InProcessEngine:
            return open_in_process(load_chart(pristine))

        return Comparison(self._inputs, original.outcomes, before, engine).effects()


def _not_rendered(said: str) -> Killer:
    return Killer("does not render", "does not render", "Every combination of the matrix renders.", said)
