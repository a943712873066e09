"""One run: every mutant of the chart tried, unless its result is known and still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from helm_nested.chart import load_chart
from helm_nested.configuration import Configuration, load_configuration
from helm_nested.errors import ConfigurationError
from helm_nested.matrix.axes import load_matrix
from helm_nested.matrix.combinations import combinations
from helm_nested.mutation.crew import Crew, Killers, Task
from helm_nested.mutation.mutant import Mutant
from helm_nested.mutation.mutants import Mutants, mutants_of
from helm_nested.mutation.original import is_original
from helm_nested.mutation.reasons import Reason, load_reasons, stale
from helm_nested.mutation.result import Result
from helm_nested.mutation.score import Score, Verdict
from helm_nested.mutation.settled import Settled, State, state_of

_ORIGINAL = "original-{}.json"


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for.

    Attributes:
        only: a glob of the templates to change, by their path in the chart.
        sample: so many mutants, always the same ones; none for all.
        jobs: how many workers.
        trust: whether a killed mutant stays killed when another template has changed.
        again: whether known results are not looked at.
    """

    only: str = "*"
    sample: int | None = None
    jobs: int = 1
    trust: bool = False
    again: bool = False


def run(
    file: Path, out: Path, wanted: Wanted, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Score:
    """Try the mutants and keep each result in the folder `out`; `progress` is told how many are done, of how many.

    Raises:
        ConfigurationError: there are no tests or no matrix, or no template is wanted.
        CannotCheckError: the tests or checks fail on the chart as it is, or a mutant could not be tried.
    """
    configuration = load_configuration(file)
    load_chart(configuration.chart)
    mutation = configuration.required_mutation()
    found = mutants_of(configuration.chart, mutation.exclude)
    mutants = _wanted(found.mutants, wanted)
    reasons = load_reasons(mutation.reasons)
    settled = Settled(out)
    _prepare(configuration)
    results: dict[Mutant, Result] = {}
    with Crew(file, wanted.jobs) as crew:

        def now() -> State:
            return state_of(configuration, file, crew.modules, {**settled.read(), "": read_by_all}, out)

        def unknown() -> Iterator[Task]:
            """What must be tried; the others' results are taken."""
            results.clear()
            for mutant in mutants:
                excused = any(reason.covers(mutant) for reason in reasons)
                known = settled.find(mutant, state, wanted.trust, excused)
                if known.result is not None and not wanted.again:
                    results[mutant] = known.result
                elif wanted.again:
                    yield Task(mutant, frozenset(), checks=True, excused=excused)
                else:
                    yield Task(mutant, known.unchanged, checks=not known.checked, excused=excused)

        _require_promises(crew)
        read_by_all = sorted({*crew.read[""], *settled.read().get("", ())})
        state = now()
        tasks = list(unknown())
        original = out / _ORIGINAL.format(state.digest)
        if tasks and not is_original(original):
            fresh = out / _ORIGINAL.format("fresh")
            crew.look(fresh)
            settled.keep_read(crew.read)
            # Only now is it known what the tests read.
            read_by_all = crew.read[""]
            state = now()
            tasks = list(unknown())
            original = fresh.replace(out / _ORIGINAL.format(state.digest))
        progress(len(results), len(mutants))

        def done(mutant: Mutant, result: Result) -> None:
            results[mutant] = result
            if result.status != "not judged":
                settled.keep(mutant, state, result, crew.modules)
            progress(len(results), len(mutants))

        if tasks:
            crew.tell(original)
            crew.try_all(tasks, Killers(settled.killers()), done)
        silent = tuple(dict.fromkeys(each.partition("[")[0] for each in crew.silent))
    return _score(mutants, results, found, silent, wanted, reasons)


def _score(
    mutants: Sequence[Mutant],
    results: Mapping[Mutant, Result],
    found: Mutants,
    silent: Sequence[str],
    wanted: Wanted,
    reasons: Sequence[Reason],
) -> Score:
    same = [each for each in mutants if results[each].status == "survived" and not results[each].effects]
    said = {each: next((reason.reason for reason in reasons if reason.covers(each)), None) for each in same}
    # A part of the mutants tells nothing of the entries about others.
    whole = wanted.only == "*" and wanted.sample is None
    return Score(
        tuple(Verdict(each, results[each], said.get(each)) for each in mutants),
        found.left_out,
        found.excluded,
        stale(reasons, same, mutants) if whole else (),
        silent,
    )


def _require_promises(crew: Crew) -> None:
    """Accept tests of which at least one can notice something."""
    if not crew.modules:
        tests = f"of the {len(crew.silent)} tests none has a docstring" if crew.silent else "there is no test"
        raise ConfigurationError(
            f"mutation.tests: {tests} that says what is promised, so no property could notice a mutant. Write a test "
            "whose docstring says what it promises, or correct 'tests' and 'ignore' under mutation."
        )


def _wanted(mutants: Sequence[Mutant], wanted: Wanted) -> list[Mutant]:
    found = [each for each in mutants if fnmatchcase(each.template, wanted.only)]
    if not found:
        templates = ", ".join(sorted({each.template for each in mutants}))
        raise ConfigurationError(f"no template matches {wanted.only!r}. There are: {templates or 'none'}.")
    if wanted.sample is not None:
        # By their digests, so that the sample is the same one next time, from all over the chart.
        found = sorted(sorted(found, key=lambda each: each.identity)[: wanted.sample], key=mutants.index)
    return found


def _prepare(configuration: Configuration) -> None:
    """Make the covering arrays, which cost seconds, before several workers want them at once."""
    matrix = load_matrix(configuration.required_matrix())
    combinations(matrix, "2", configuration.cache)
    combinations(matrix, "3", configuration.cache)
