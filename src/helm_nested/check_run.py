"""One run of the checks: matrix -> corpus -> checks -> findings, and its figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from helm_nested.chart import Chart
from helm_nested.chart_definitions import with_own_definitions
from helm_nested.checking.model import Check, Level
from helm_nested.checking.registry import load_checks
from helm_nested.checks import kubernetes_validation
from helm_nested.claimed_minors import with_claimed_minors
from helm_nested.configuration import Configuration
from helm_nested.contract import load_argument_sets, load_contract
from helm_nested.corpus import Corpus, build_corpus, store
from helm_nested.corpus.selected import unselected
from helm_nested.encoder import ENCODERS
from helm_nested.engine import open_in_process
from helm_nested.engine.helm_log import silenced
from helm_nested.errors import CannotCheckError, ConfigurationError
from helm_nested.findings.acceptance import Acceptance
from helm_nested.findings.failure import BUNDLE, REFUSALS, FailureGroup, leading_bits
from helm_nested.findings.finding import Finding, explained
from helm_nested.findings.grouping import Failing, group, merge_alike
from helm_nested.findings.inspection import Inspector
from helm_nested.findings.pipeline_failure import NOT_FILLED, RULES
from helm_nested.findings.reduction import Rows
from helm_nested.findings.refusal import load_refusals, unrefused
from helm_nested.findings.rendered_scenario import rendered_scenarios
from helm_nested.findings.unvaried import unvaried_values
from helm_nested.findings.unvaried_release import unvaried_release
from helm_nested.findings.without_effect import Renders, changed_combination, misspelt_values, values_without_effect
from helm_nested.kubernetes import validation
from helm_nested.kubernetes.document_part import map_of
from helm_nested.kubernetes.schema import read_ahead
from helm_nested.matrix.axes import Combination, Matrix
from helm_nested.matrix.combinations import Strength, combinations, meeting
from helm_nested.matrix.of_scenarios import configured_matrix, scenario_matrix
from helm_nested.scenario import load_scenario, load_scenarios
from helm_nested.yaml_documents import Document

if TYPE_CHECKING:
    from helm_nested.engine.in_process import InProcessEngine


@dataclass(frozen=True)
class Shard:
    """One part of several: the `number`th (from 1) of `total`."""

    number: int = 1
    total: int = 1


@dataclass(frozen=True)
class Outcome:
    """The findings of a run, and its figures."""

    combinations: int
    refused: int
    rendered: int
    distinct_templates: int
    distinct_documents: int
    distinct_bundles: int
    findings: tuple[Finding, ...]
    seconds: float
    seconds_rendering: float
    # How many combinations were rendered at the same time.
    at_once: int
    engine: str
    # Whose code judged the objects, or why none did.
    kubernetes_validation: str = ""
    # What was looked at: the strength, which part of how many, and a digest of chart, matrix and tool.
    strength: str = ""
    shard: int = 1
    shards: int = 1
    digest: str = ""
    # What is known of the combinations that were not rendered.
    proof: str = ""
    # The selectors and key patterns that chose nothing in this part, with what to say if no other part chose by them.
    unselected: Mapping[str, str] = field(default_factory=dict)


def run(
    configuration: Configuration,
    chart: Chart,
    strength: Strength,
    shard: Shard = Shard(),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    exhaustive: bool = False,
    seed: int | None = None,
    values: Sequence[Path] = (),
) -> Outcome:
    """Render the matrix at that strength, check everything distinct, and explain what fails.

    What follows from other combinations is not rendered, but for a sample drawn by `seed`; with `exhaustive` it is.
    Without a matrix the scenarios are what is checked; with `values` these files alone, one over the other.

    Raises:
        ConfigurationError, ValuesError: a file is not understood.
        CannotCheckError: something could not be rendered, read or checked; then nothing is said to be right.
    """
    started = time.perf_counter()
    configuration = with_claimed_minors(configuration, chart)
    judged = judge(configuration)
    matrix = scenario_matrix([load_scenario(values)]) if values else configured_matrix(configuration)
    is_whole = shard.total == 1 and not values
    with ThreadPoolExecutor(1) as beside:
        # Helm's library starts, and then schemas are read, while this thread reads the rest and waits for renders.
        opening = beside.submit(open_in_process, chart)
        beside.submit(read_ahead, configuration.claims.kubernetes_minors)  # the checks say what is wrong there
        # Strength 2 is the first look after an edit: what takes longest and depends least on it is left to 3 and all.
        thorough = strength != "2"
        pairwise = combinations(matrix, "2", configuration.cache)
        every = combinations(matrix, strength, configuration.cache) if thorough else pairwise
        rows = every[shard.number - 1 :: shard.total]
        if not rows:
            raise ConfigurationError(
                f"the shard {shard.number}/{shard.total} has no combination, so it would check nothing. "
                "Use fewer shards, or correct the exclusions of the matrix."
            )
        checks = load_checks(configuration.check_modules)
        inspectors = _Inspectors(configuration, matrix, checks)
        engine = opening.result()
        place = store.place(configuration, matrix, engine, strength)
        corpus = build_corpus(
            engine,
            matrix,
            rows,
            configuration.release,
            configuration.selectors,
            lambda done: progress(done, len(rows)),
            takes_duplicate_keys=True,
            keep_refused=True,
            pairwise=pairwise if thorough and not exhaustive else [],
            seed=seed,
        )
    inspectors.claims = with_own_definitions(
        configuration.claims, chart.path, chain.from_iterable(corpus.objects.values())
    )
    nothing_chosen = unselected(corpus, configuration.selectors)
    if nothing_chosen and (is_whole or not corpus.templates):  # one part may lack what another part renders
        raise ConfigurationError(next(iter(nothing_chosen.values())))
    if thorough and is_whole:
        store.keep(place, configuration, corpus)
    sample = meeting(rows, pairwise) if thorough else []
    rules = RULES | {check.name: check.message for check in checks}
    acceptance = Acceptance(configuration.accepted, rules)
    inspector = inspectors.new()
    is_sample = strength != "all" or shard.total > 1
    is_complete = strength == "all"
    failures = inspector.inspect(corpus, sample, is_complete=is_complete, is_whole=is_whole and not is_sample)
    new = [
        failure
        for failure in failures
        if not acceptance.covers(failure.check, failure.problem.path, failure.place.argument_set)
    ]
    refused_rows = leading_bits(corpus.refusals, len(rows))
    looked_at = Rows(matrix, rows, refused_rows)
    told_of_refusals = Rows(matrix, rows)
    findings = []
    tried = inspector.tried(corpus, sample, is_complete=is_complete)
    for alike in merge_alike(group(new), corpus, tried):
        for part, bits, and_with in _by_argument_set(alike, corpus, inspectors, is_sample=is_sample):
            fails = _Again(configuration, engine, matrix, inspectors, part).fails
            seen = told_of_refusals if REFUSALS in part.slots else looked_at
            explanation = None if is_sample or alike.untried else seen.explain(bits)
            if explanation is None or explanation.unexplained:
                # Not all of them were looked at, or it takes more choices at once than are looked for among all.
                explanation = seen.explain_sample(bits, fails, alike.untried)
            findings.append(explained(part, bits, corpus, matrix, explanation, rules, fails, and_with))
    refused = 0
    if shard.number == 1 and (values or configuration.matrix is None):
        given = Renders(matrix, engine, configuration.release)
        findings += misspelt_values(given, pairwise, engine.default_values())
    if shard.number == 1 and thorough and not values:
        refusals = load_refusals(configuration.refused) if configuration.refused else []
        refused = len(refusals)
        # Helm warns of values of another type than the chart's own, and here such values are what is asked for.
        with silenced():
            findings += unrefused(refusals, engine, configuration.release)
            scenarios = load_scenarios(configuration.scenarios)
            rendered = list(rendered_scenarios(engine, scenarios, configuration.release))
            if configuration.matrix is not None:
                renders = Renders(matrix, engine, configuration.release)
                findings += values_without_effect(renders, pairwise)
                findings += unvaried_values(
                    matrix,
                    engine,
                    rendered,
                    configuration.release,
                    lambda path, others: changed_combination(renders, pairwise, path, others),
                )
                findings += unvaried_release(
                    matrix, engine, chart, rendered, configuration.release, configuration.claims.kubernetes_minors
                )
    findings = [finding for finding in findings if not acceptance.covers(finding.checks[0], finding.path, None)]
    if is_whole and not is_sample:
        findings += acceptance.unused()
    return Outcome(
        combinations=len(rows),
        refused=refused,
        rendered=corpus.rendered,
        distinct_templates=sum(len(slot.texts) for slot in corpus.templates.values()),
        distinct_documents=inspector.counts.documents,
        distinct_bundles=inspector.counts.bundles,
        findings=tuple(findings),
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


class _Inspectors:
    """Inspectors for several corpora, with one contract and one list of argument sets."""

    def __init__(self, configuration: Configuration, matrix: Matrix, checks: Sequence[Check]) -> None:
        self._configuration = configuration
        self.claims = configuration.claims
        self._matrix = matrix
        self._checks = checks
        self._contract = load_contract(configuration.contract)
        self._argument_sets = load_argument_sets(configuration.argument_sets, self._contract)

    def sets_for(self, key: str) -> list[str]:
        """The names of the argument sets that suit a template's key."""
        return [argument_set.name for argument_set in self._argument_sets if argument_set.suits(key)]

    def new(self, names: Container[str] | None = None) -> Inspector:
        """An inspector for one more corpus, with all checks or with as many as tell whether those of `names` fail."""
        return Inspector(
            [check for check in self._checks if names is None or _is_needed(check, names)],
            self.claims,
            self._contract,
            self._argument_sets,
            ENCODERS[self._configuration.encoder],
            lambda documents: claimed_level(documents, self._configuration.pod_security_annotation),
            lambda row: self._matrix.release(row, self._configuration.release).namespace,
        )


def _is_needed(check: Check, names: Container[str]) -> bool:
    # What a check says of a template is said in place of NOT_FILLED.
    return check.name in names or (check.scope == "template" and NOT_FILLED in names)


def _by_argument_set(
    alike: Failing, corpus: Corpus, inspectors: _Inspectors, *, is_sample: bool
) -> Iterator[tuple[FailureGroup, int, str]]:
    """The group in parts, each with its combinations and the argument sets that it takes, if others do not show it."""
    failing_group = alike.group
    by_set = failing_group.failing_with(corpus)
    # Of a sample not every template met every set, and what no set filled or only a bundle shows has none to tell.
    if is_sample or None in by_set or BUNDLE in failing_group.slots:
        yield failing_group, alike.failing, ""
        return
    parts: dict[int, list[str]] = {}
    for name, bits in by_set.items():
        parts.setdefault(bits, []).append(str(name))
    tried = {name for slot in failing_group.slots for name in inspectors.sets_for(slot)}
    for bits, names in parts.items():
        places = [place for place in failing_group.places if place.argument_set in names]
        and_with = "" if tried <= set(names) else f" and argument set={'|'.join(sorted(names))}"
        yield replace(failing_group, places=places), bits, and_with


def claimed_level(documents: Sequence[Document], annotation: str | None) -> Level | None:
    """The Pod Security level that an annotation of one of the objects claims."""
    levels: dict[str, Level] = {"privileged": "privileged", "baseline": "baseline", "restricted": "restricted"}
    for document in documents:
        level = map_of(map_of(document.get("metadata")).get("annotations")).get(annotation)
        if level in levels:
            return levels[level]
    return None


@dataclass(frozen=True)
class _Again:
    """Extra renders, to see whether a group of failures shows itself in them."""

    configuration: Configuration
    engine: InProcessEngine
    matrix: Matrix
    inspectors: _Inspectors
    group: FailureGroup

    def fails(self, rows: Sequence[Combination]) -> list[bool | None]:
        """For each row, whether the same problem is found in it; None if the row is refused altogether."""
        found: list[bool | None] = []
        for row in rows:
            corpus: Corpus = build_corpus(
                self.engine,
                self.matrix,
                [row],
                self.configuration.release,
                self.configuration.selectors,
                takes_duplicate_keys=True,
                keep_refused=True,
            )
            if REFUSALS not in self.group.slots and corpus.refusals.texts:
                found.append(None)  # it leads to no text in which the problem could be
                continue
            if BUNDLE not in self.group.slots:
                # What it was never seen in need not be filled.
                templates = {key: slot for key, slot in corpus.templates.items() if key in self.group.slots}
                corpus = replace(corpus, templates=templates)
            failures = self.inspectors.new(self.group.checks[:1]).inspect(corpus, [], self.group.places[0].argument_set)
            found.append(any(map(self.group.is_of, failures)))
        return found
