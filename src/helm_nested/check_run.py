"""One run of the checks: matrix -> corpus -> checks -> findings, and its figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.chart import Chart
from helm_nested.chart_definitions import InstalledFile, installed_files, with_own_definitions
from helm_nested.check_extent import UNDIVIDED, Extent, Shard
from helm_nested.check_outcome import Outcome
from helm_nested.check_registry import load_checks
from helm_nested.checks import kubernetes_validation
from helm_nested.claimed_minors import with_claimed_minors
from helm_nested.configuration import Configuration
from helm_nested.corpus import Corpus, build_corpus, store
from helm_nested.corpus.corpus_file import read
from helm_nested.corpus.selected import unselected
from helm_nested.engine import open_in_process
from helm_nested.engine.helm_log import silenced
from helm_nested.errors import CannotCheckError, ConfigurationError
from helm_nested.findings.acceptance import UNUSED, Acceptance
from helm_nested.findings.equal_choices import equal_choices
from helm_nested.findings.explainer import Explainer
from helm_nested.findings.finding import Finding
from helm_nested.findings.inspection import Counts
from helm_nested.findings.inspectors import Inspectors
from helm_nested.findings.own_definitions import unfit_definitions
from helm_nested.findings.own_values import own_values
from helm_nested.findings.pipeline_failure import NO_DOCUMENT, RULES, UNREAD
from helm_nested.findings.refusal import Refusal, load_refusals, unrefused
from helm_nested.findings.rendered_scenario import RenderedScenario, rendered_combinations, rendered_scenarios
from helm_nested.findings.unused_entry import EXCEPTS_NOTHING, JUDGES_NOTHING, unneeded_entries
from helm_nested.findings.unvaried import unvaried_values
from helm_nested.findings.unvaried_release import unvaried_release
from helm_nested.findings.without_effect import (
    ValueTrials,
    changed_combination,
    misspelt_values,
    values_without_effect,
)
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.schema import read_ahead
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, meeting
from helm_nested.matrix.of_scenarios import configured_matrix, scenario_matrix
from helm_nested.scenario import load_scenario, load_scenarios

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine


def run(
    configuration: Configuration,
    chart: Chart,
    strength: Strength,
    shard: Shard = UNDIVIDED,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    exhaustive: bool = False,
    seed: int | None = None,
    values: Sequence[Path] = (),
) -> Outcome:
    """Render the matrix at that strength, check everything distinct, and explain what fails.

    What follows from other combinations, or is known from an earlier run with the same chart and matrix, is not
    rendered, but for a sample drawn by `seed`; with `exhaustive` it is.
    Without a matrix the scenarios are what is checked; with `values` these files alone, one over the other.

    Raises:
        ConfigurationError, ValuesError: a file is not understood.
        CannotCheckError: something could not be rendered, read or checked; then nothing is said to be right.
    """
    started = time.perf_counter()
    configuration = with_claimed_minors(configuration, chart)
    judged = judge(configuration)
    extent = Extent(strength, shard, of_values=bool(values))
    matrix = scenario_matrix([load_scenario(values)]) if values else configured_matrix(configuration)
    with ThreadPoolExecutor(1) as beside:
        # Helm's library starts, and then schemas are read, while this thread reads the rest and waits for renders.
        opening = beside.submit(open_in_process, chart)
        beside.submit(read_ahead, configuration.claims.kubernetes_minors)  # the checks say what is wrong there
        rows, pairwise = extent.rows(matrix, configuration.cache)
        checks = load_checks(configuration.check_modules)
        inspectors = Inspectors(configuration, matrix, checks)
        engine = opening.result()
        place = store.place(configuration, matrix, engine, strength)
        is_kept = extent.is_thorough and extent.is_whole
        kept = read(place, matrix, configuration.selectors) if is_kept and not exhaustive else None
        corpus = build_corpus(
            engine,
            matrix,
            rows,
            configuration.release,
            configuration.selectors,
            lambda done: progress(done, len(rows)),
            takes_duplicate_keys=True,
            keep_refused=True,
            pairwise=pairwise if extent.is_thorough and not exhaustive else [],
            seed=seed,
            kept=kept,
        )
    installed = list(installed_files(chart.path))
    inspectors.claims = with_own_definitions(
        configuration.claims, installed, chain.from_iterable(corpus.objects.values())
    )
    nothing_chosen = unselected(corpus, configuration.selectors)
    if nothing_chosen and (extent.is_whole or not corpus.templates):  # one part may lack what another part renders
        raise ConfigurationError(next(iter(nothing_chosen.values())))
    if is_kept:
        store.keep(place, configuration, corpus)
    rules = RULES | {check.name: check.message for check in checks}
    acceptance = Acceptance(configuration.accepted, rules)
    looks = _Run(configuration, chart, installed, extent, matrix, engine, pairwise)
    counts, of_checks = looks.of_checks(corpus, inspectors, acceptance, rules)
    refusals = looks.refusals()
    findings = [
        finding
        for finding in (*of_checks, *looks.beside_checks(refusals, acceptance))
        if not acceptance.covers_finding(finding)
    ]
    if extent.seeks_what_is_missing:
        if not any(finding.checks[0] in UNREAD for finding in findings):  # what is not read may need them
            own = bool(configuration.check_modules)
            unneeded = unneeded_entries(configuration.claims, counts.entries, has_own_checks=own)
            findings += [finding for finding in unneeded if not acceptance.covers_finding(finding)]
        findings += acceptance.unused()
    # What one part does not have another one may.
    missing = [each for each in findings if each.checks[0] in (NO_DOCUMENT, JUDGES_NOTHING, EXCEPTS_NOTHING, UNUSED)]
    unsettled = missing if extent.shard.total > 1 else []
    return Outcome(
        combinations=len(rows),
        refused=len(refusals),
        rendered=corpus.rendered,
        distinct_templates=sum(len(slot.texts) for slot in corpus.templates.values()),
        distinct_documents=counts.documents,
        distinct_bundles=counts.bundles,
        findings=tuple(each for each in findings if each not in unsettled),
        seconds=time.perf_counter() - started,
        seconds_rendering=corpus.seconds_rendering,
        at_once=corpus.at_once,
        engine=corpus.engine,
        kubernetes_validation=judged,
        strength=strength,
        shard=shard.number,
        shards=shard.total,
        digest=place.name,
        proof=corpus.proof,
        unselected=nothing_chosen,
        unsettled=tuple(unsettled),
        settled=(*sorted(counts.keys), *sorted(counts.entries), *acceptance.used),
    )


def judge(configuration: Configuration) -> str:
    """Whose code judges the objects, or why none does.

    Raises:
        CannotCheckError: none does, and the configuration requires it.
    """
    claims = configuration.claims
    missing = kubernetes_validation.CHECK.missing(claims)
    if missing and configuration.requires_kubernetes:
        raise CannotCheckError(f"Kubernetes' own validation: {missing}. It is required here.")
    if missing or claims.kubernetes_program is None:
        return missing
    return f"by the code of Kubernetes {validation.release(claims.kubernetes_program)}"


@dataclass(frozen=True)
class _Run:
    """What is looked at in one run, after it was rendered."""

    configuration: Configuration
    chart: Chart
    installed: Sequence[InstalledFile]
    extent: Extent
    matrix: Matrix
    engine: InProcessEngine
    pairwise: Sequence[Combination]

    def of_checks(
        self, corpus: Corpus, inspectors: Inspectors, acceptance: Acceptance, rules: Mapping[str, str]
    ) -> tuple[Counts, list[Finding]]:
        """How much the checks looked at, and what they say that nobody accepted."""
        extent = self.extent
        sample = meeting(corpus.combinations, self.pairwise) if extent.is_thorough else []
        inspector = inspectors.new()
        failures = inspector.inspect(
            corpus, sample, is_complete=extent.is_complete, is_whole=extent.seeks_what_is_missing
        )
        new = [failure for failure in failures if not acceptance.covers(failure)]
        tried = inspector.tried(corpus, sample, is_complete=extent.is_complete)
        explainer = Explainer(self.configuration, self.engine, self.matrix, inspectors, rules, corpus, extent.is_sample)
        findings = list(explainer.findings(new, tried))
        if extent.is_first:
            findings += unfit_definitions(self.installed, inspector.inspect_file, rules)
        return inspector.counts, findings

    def refusals(self) -> list[Refusal]:
        """The inputs that must be refused, if this run looks at them."""
        extent, file = self.extent, self.configuration.refused
        is_looked_at = extent.is_first and extent.is_thorough and not extent.of_values
        return load_refusals(file) if is_looked_at and file else []

    def beside_checks(self, refusals: Sequence[Refusal], acceptance: Acceptance) -> Iterator[Finding]:
        """What no check of a document can say: of values, scenarios and inputs that must be refused."""
        extent, configuration, engine = self.extent, self.configuration, self.engine
        if not extent.is_first:
            return
        has_matrix = configuration.matrix is not None
        if has_matrix and not extent.of_values:
            yield from equal_choices(self.matrix)
        trials = ValueTrials(self.matrix, engine, configuration.release)
        if extent.of_values or not has_matrix:
            yield from misspelt_values(trials, self.pairwise, engine.known_values())
        if extent.of_values or not extent.is_thorough:
            return
        # Helm warns of values of another type than the chart's own, and here such values are what is asked for.
        with silenced(), ThreadPoolExecutor(1) as beside:
            scenarios = load_scenarios(configuration.scenarios)
            rendered = list(rendered_scenarios(engine, scenarios, configuration.release))
            # Half of the renders go on in another thread: nothing else is left to do, and there is more than one core.
            of_release = beside.submit(self._unvaried_release, rendered, acceptance) if has_matrix else None
            yield from unrefused(refusals, engine, configuration.release)
            if of_release:
                yield from values_without_effect(trials, self.pairwise)
                yield from unvaried_values(
                    self.matrix,
                    engine,
                    own_values(engine, rendered, configuration.selectors),
                    rendered,
                    configuration.release,
                    lambda path, others: changed_combination(trials, self.pairwise, path, others),
                )
                yield from of_release.result()

    def _unvaried_release(self, scenarios: Sequence[RenderedScenario], acceptance: Acceptance) -> list[Finding]:
        engine, release = self.engine, self.configuration.release
        return unvaried_release(
            self.matrix,
            engine,
            self.chart,
            [*scenarios, *rendered_combinations(engine, self.matrix, self.pairwise, release)],
            release,
            self.configuration.claims.kubernetes_minors,
            acceptance.covers_finding,
        )
